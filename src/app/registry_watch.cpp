#include "app/registry_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "app/reader.h"
#include "base/log.h"
#include "trust/registry/client.h"

namespace app {
namespace {

constexpr std::size_t kLargestFile = 4 * 1024 * 1024;

// What was added, as the file beside the config has it; nothing where there is none.
mcp::Result<trust::AddedServers> read_added(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return trust::AddedServers();
  std::string text(kLargestFile, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  auto added = trust::parse_added(text);
  if (!added) return std::move(added).error().in(file);
  return added;
}

std::string state_of(const trust::AddedServer& added, const trust::RegistryServer& server) {
  if (server.status != trust::RegistryServer::Status::active) return std::string(trust::status_name(server.status));
  return !added.digest.empty() && added.digest != server.digest ? "changed" : "active";
}

}  // namespace

RegistryWatch::RegistryWatch(base::Loop& loop, base::BlockingPool& pool, std::function<const AppConfig&()> config)
    : loop_(loop), pool_(pool), config_(std::move(config)) {
  work_.spawn(run());
}

base::Task<void> RegistryWatch::end() {
  work_.stop();
  co_await work_.join();
}

base::Task<void> RegistryWatch::run() {
  while (!work_.stop_token().stop_requested()) {
    mcp::Result<> looked = co_await look().result();
    if (!looked && looked.error().code != mcp::Code::cancelled)
      base::log::warn("servers of the registry were not looked at", {{"reason", looked.error().message}});
    co_await loop_.timers().sleep(kBetween, work_.stop_token());
  }
}

base::Task<void> RegistryWatch::look() {
  auto work = [file = trust::added_file_of(config_().file)] { return read_added(file); };
  mcp::Result<trust::AddedServers> read = co_await pool_.run(loop_, work);
  trust::AddedServers added = co_await std::move(read);
  std::erase_if(added, [this](const auto& one) {
    const auto& servers = config_().gateway.servers;
    return std::ranges::none_of(servers, [&](const gateway::ServerConfig& server) { return server.id == one.first; });
  });
  std::erase_if(states_, [&](const auto& one) { return !added.contains(one.first); });
  if (added.empty()) co_return;
  auto proxies = net::proxies_of(process_environment);
  net::ProxyRules rules = co_await std::move(proxies);
  for (const auto& [id, one] : added) {
    auto url = net::parse_url(one.registry);
    if (!url) {
      learn(id, one, std::move(url).error());
      continue;
    }
    trust::RegistryClient client(loop_, *std::move(url), rules);
    mcp::Result<trust::RegistryServer> answer = co_await client.show(one.name, one.version, work_.stop_token()).result();
    if (work_.stop_token().stop_requested()) co_return;
    learn(id, one, answer);
  }
}

void RegistryWatch::learn(const std::string& id, const trust::AddedServer& added, const mcp::Result<trust::RegistryServer>& answer) {
  std::string state = answer ? state_of(added, *answer) : answer.error().code == mcp::Code::not_found ? "deleted" : "unknown";
  std::string& before = states_[id];
  if (before == state) return;
  // What is not known now does not undo what was known.
  if (state == "unknown" && !before.empty()) return;
  before = state;
  if (state == "active") return;
  const std::string reason = answer ? answer->status_message : answer.error().message;
  const std::string_view event = state == "unknown"   ? "the registry does not say how a server is"
                                 : state == "changed" ? "the registry describes a server otherwise than when it was added"
                                                      : "the registry no longer stands by a server";
  base::log::warn(event, {{"server", id}, {"name", added.name}, {"version", added.version}, {"status", state}, {"reason", reason}});
}

std::string registry_metrics(const std::map<std::string, std::string>& states) {
  if (states.empty()) return {};
  std::string out =
      "# HELP gatehouse_registry_server_status How the registry that a server came from speaks of it.\n# TYPE "
      "gatehouse_registry_server_status gauge\n";
  for (const auto& [id, state] : states)
    out += fmt::format("gatehouse_registry_server_status{{server=\"{}\",status=\"{}\"}} 1\n", id, state);
  return out;
}

}  // namespace app
