// The part of Gateway that takes another config while it runs.
#include <algorithm>

#include "gateway/confine.h"
#include "gateway/front.h"
#include "gateway/gateway.h"
#include "gateway/upstream/held.h"

namespace gateway {
namespace {

// How much longer an upstream that is replaced lives than the calls that it was given may take.
constexpr base::Millis kAfterLastCall{1'000};

bool enabled(const Config& config, std::string_view id) {
  return std::any_of(config.servers.begin(), config.servers.end(), [id](const ServerConfig& one) { return one.enabled && one.id == id; });
}

bool same_rules(const Config& a, const Config& b) {
  if (!a.rules || !b.rules) return a.rules == b.rules;
  return a.rules->same(*b.rules);
}

bool same_calls(const Limits& a, const Limits& b) {
  return a.rate == b.rate && a.concurrency == b.concurrency && a.calls == b.calls && a.result == b.result;
}

}  // namespace

void Gateway::retire(const std::string& id) {
  auto found = upstreams_.find(id);
  std::shared_ptr<Upstream> upstream = std::move(found->second);
  upstreams_.erase(found);
  reads_.drop(id);
  sign_ins_.retire(id);
  const base::Instant deadline = base::Timers::now() + upstream->config().deadline + kAfterLastCall;
  work_.spawn(Held::retire(std::move(upstream), deadline, work_.stop_token()));
}

ConfigChange Gateway::apply(Config config) {
  ConfigChange change;
  if (closing_.stop_requested()) return change;
  std::shared_ptr<const Config> before = std::exchange(config_, std::make_shared<const Config>(std::move(config)));
  open_profiles();
  const bool shown = before->disclosure == config_->disclosure && same_profiles(before->profiles, config_->profiles);
  change.names = before->name_limit != config_->name_limit;
  budget_.change(config_->budget);
  calls_.trace(config_->trace_share);
  // What the scanner has against a definition is part of what is shown of it.
  const bool pins = !(before->pins == config_->pins) || !(before->scan == config_->scan);
  if (pins) pinning_.use(config_->pins);
  if (!same_calls(before->limits, config_->limits)) limits_.change(config_->limits);
  change.rules = !same_rules(*before, *config_);
  // Also where they only moved in the file: the log names their places.
  policy_.use(config_->rules, confinement_of(*config_));
  approvals_.change(config_->approvals);
  if (change.rules) rule_limits_.clear();
  if (change.rules || !shown) {
    seen_.clear();
    pages_.forget();
  }
  for (const auto& [id, upstream] : upstreams_)
    if (!enabled(*config_, id)) change.removed.push_back(id);
  std::vector<const ServerConfig*> fresh;
  for (const ServerConfig& server : config_->servers) {
    if (!server.enabled) continue;
    auto found = upstreams_.find(server.id);
    if (found == upstreams_.end()) {
      change.added.push_back(server.id);
      fresh.push_back(&server);
    } else if (!found->second->config().same_link(server)) {
      change.restarted.push_back(server.id);
      fresh.push_back(&server);
    } else {
      ServerConfig moved = server;
      moved.place = found->second->config().place;
      if (!(moved == found->second->config())) change.adjusted.push_back(server.id);
      found->second->adjust(server, link_opener(server));
    }
  }
  for (const auto* gone : {&change.removed, &change.restarted})
    for (const std::string& id : *gone) retire(id);
  for (const std::string& id : change.removed) fronts_.find(id)->second->end_streams();
  for (const ServerConfig* server : fresh) open_upstream(*server);
  arrange(change);
  if (pins) source_.repin({});
  // What clients are shown is another part of the same.
  if (!shown)
    for (const auto& [id, upstream] : upstreams_)
      for (DefinitionKind kind : {DefinitionKind::tool, DefinitionKind::prompt, DefinitionKind::resource})
        listeners_.list_changed(id, kind);
  return change;
}

base::Result<> Gateway::restart(const std::string& id) {
  if (closing_.stop_requested()) return base::Error(base::Code::unavailable, "the gateway is stopping");
  auto found = std::find_if(config_->servers.begin(), config_->servers.end(), [&](const ServerConfig& one) { return one.id == id; });
  if (found == config_->servers.end() || !found->enabled || !upstreams_.contains(id))
    return base::Error(base::Code::not_found, "there is no server '" + id + "' that is enabled");
  retire(id);
  open_upstream(*found);
  ConfigChange change;
  change.restarted.push_back(id);
  arrange(change);
  return {};
}

// The catalog follows, and who listens hears of it.
void Gateway::arrange(const ConfigChange& change) {
  std::vector<std::shared_ptr<Upstream>> order;
  for (const ServerConfig& server : config_->servers)
    if (server.enabled) order.push_back(upstreams_.find(server.id)->second);
  source_.arrange(config_, std::move(order));
  auto tell = [this](const std::string& id, std::initializer_list<DefinitionKind> kinds) {
    for (DefinitionKind kind : kinds) listeners_.list_changed(id, kind);
  };
  constexpr auto kTool = DefinitionKind::tool, kPrompt = DefinitionKind::prompt, kResource = DefinitionKind::resource;
  for (const auto* changed : {&change.removed, &change.added, &change.restarted})
    for (const std::string& id : *changed) tell(id, {kTool, kPrompt, kResource});
  for (const std::string& id : change.adjusted) tell(id, {kTool});
  if (change.rules)
    for (const auto& [id, upstream] : upstreams_) tell(id, {kTool, kPrompt, kResource});
  if (change.names)
    for (const auto& [id, upstream] : upstreams_) tell(id, {kTool, kPrompt});
  for (const auto* begun : {&change.added, &change.restarted})
    for (const std::string& id : *begun) start_if_eager(*upstreams_.find(id)->second);
}

}  // namespace gateway
