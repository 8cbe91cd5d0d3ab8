#include "app/reload.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/config_shared.h"
#include "app/terminal.h"
#include "app/wiring.h"
#include "base/event.h"
#include "base/log.h"
#include "net/server_tls.h"

namespace app {

Reload::Reload(Parts parts, std::vector<std::string> files)
    : parts_(std::move(parts)), files_(std::move(files)), state_(state_of(files_)), watch_(parts_.loop, [this] { touched(); }) {
  watch();
}

void Reload::watch() {
  if (!watch_.watch(files_)) base::log::warn("changes of the config are not all seen; send SIGHUP after one", {{"file", parts_.file}});
}

void Reload::touched() {
  const base::Instant now = base::Timers::now();
  if (!std::exchange(touched_, true)) first_ = now;
  timer_ = base::Deadline(parts_.loop.timers(), std::min(now + parts_.settle, first_ + parts_.patience), [this] {
    touched_ = false;
    run(Why::changed);
  });
}

void Reload::ask() { run(Why::asked); }

void Reload::run(Why why) {
  if (work_.stop_token().stop_requested()) return;
  if (reading_) {
    if (why == Why::asked || !again_) again_ = why;
    return;
  }
  work_.spawn(read(why));
}

base::Task<void> Reload::read(Why why) {
  reading_ = true;
  for (std::optional<Why> next = why; next && !work_.stop_token().stop_requested(); next = std::exchange(again_, {})) {
    auto look = [files = files_] { return state_of(files); };
    mcp::Result<std::string> state = co_await parts_.pool.run(parts_.loop, look);
    if (!state || (*next == Why::changed && *state == state_)) continue;
    state_ = *std::move(state);
    mcp::Result<ReadConfig> config = co_await parts_.pool.run(parts_.loop, parts_.read);
    if (!config || work_.stop_token().stop_requested()) continue;
    // The files of a config that is refused are watched too: it will be corrected in one of them.
    if (config->files != files_) {
      files_ = config->files;
      state_.clear();  // of these files nothing is known yet; the next change reads them
    }
    watch();
    parts_.take(*std::move(config));
  }
  reading_ = false;
}

base::Task<void> Reload::end() {
  work_.stop();
  timer_ = {};
  co_await work_.join();
}

std::vector<std::string> keep_what_needs_restart(const AppConfig& now, AppConfig& next) {
  std::vector<std::string> keys;
  auto keep = [&keys](std::string_view key, const auto& held, auto& wanted) {
    if (held == wanted) return;
    keys.emplace_back(key);
    wanted = held;
  };
  keep("listen", now.listen, next.listen);
  keep("store", now.store, next.store);
  keep("peers", now.peers, next.peers);
  keep("state_keys", now.gateway.state_keys, next.gateway.state_keys);
  keep("auth", now.gateway.door, next.gateway.door);
  keep("auth.api_keys", now.api_keys, next.api_keys);
  keep("auth.issuers", now.sign_in, next.sign_in);
  keep("keys.pepper", now.pepper, next.pepper);
  keep("keys.tokens", now.tokens, next.tokens);
  keep("limits.head", now.limits.head, next.limits.head);
  keep("limits.connections", now.gateway.limits.connections, next.gateway.limits.connections);
  keep("limits.memory", now.gateway.limits.memory, next.gateway.limits.memory);
  keep("telemetry", now.telemetry, next.telemetry);
  keep("metrics_listen", now.metrics_listen, next.metrics_listen);
  next.gateway.trace_share = now.gateway.trace_share;
  keep("strict", now.strictness, next.strictness);
  return keys;
}

namespace {

void add(std::string& said, std::string_view word, const std::vector<std::string>& names) {
  if (names.empty()) return;
  if (!said.empty()) said += "; ";
  said += fmt::format("{} {}", word, fmt::join(names, ", "));
}

// The settings of the whole gateway that change while it runs.
std::vector<std::string> changed_settings(const AppConfig& now, const AppConfig& next) {
  std::vector<std::string> keys;
  if (now.gateway.name_limit != next.gateway.name_limit) keys.emplace_back("name_limit");
  if (now.gateway.disclosure != next.gateway.disclosure) keys.emplace_back("disclosure");
  if (!gateway::same_profiles(now.gateway.profiles, next.gateway.profiles)) keys.emplace_back("profiles");
  if (now.limits.body != next.limits.body) keys.emplace_back("limits.body");
  const gateway::Limits &was = now.gateway.limits, &is = next.gateway.limits;
  if (was.rate != is.rate) keys.emplace_back("limits.rate");
  if (was.concurrency != is.concurrency) keys.emplace_back("limits.concurrency");
  if (was.calls != is.calls) keys.emplace_back("limits.calls");
  if (was.result != is.result) keys.emplace_back("limits.result");
  if (!(now.admin == next.admin)) keys.emplace_back("admin");
  if (now.public_url != next.public_url) keys.emplace_back("public_url");
  if (!(now.gateway.approvals == next.gateway.approvals)) keys.emplace_back("approvals");
  if ((now.tls ? now.tls->fingerprint() : "") != (next.tls ? next.tls->fingerprint() : "")) keys.emplace_back("tls");
  if (now.allowed_hosts != next.allowed_hosts) keys.emplace_back("allowed_hosts");
  if (now.allowed_origins != next.allowed_origins) keys.emplace_back("allowed_origins");
  return keys;
}

}  // namespace

void take_config(ReadConfig read, const std::optional<Address>& listen, Wiring& wiring, HttpSide* http) {
  show_findings(read.findings);
  if (!read.config) {
    base::log::error("the new config is wrong, and the one before goes on", {{"file", wiring.config().file}});
    base::events::happened(
        {"config.changed", wiring.config().file, "", "", "failed", "the new config is wrong, and the one before goes on"});
    return;
  }
  AppConfig next = *std::move(read.config);
  if (listen) next.listen = *listen;
  // Keys that no config names are those that were made once.
  if (auto keys = state_keys(next)) next.gateway.state_keys = *std::move(keys);
  const std::vector<std::string> restart = keep_what_needs_restart(wiring.config(), next);
  std::vector<std::string> settings = changed_settings(wiring.config(), next);
  const gateway::ConfigChange change = wiring.apply(std::move(next));
  if (change.rules) settings.emplace_back("rules");
  if (http) http->follow();
  std::string said;
  add(said, "added", change.added);
  add(said, "removed", change.removed);
  add(said, "restarted", change.restarted);
  add(said, "adjusted", change.adjusted);
  add(said, "set", settings);
  add(said, "needs a restart:", restart);
  if (said.empty()) said = "none";
  base::log::info("the config was read again", {{"change", said}});
  base::events::happened({"config.changed", wiring.config().file, "", "", "ok", said});
}

}  // namespace app
