#include "app/launch_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "gateway/trust/launch_gate.h"
#include "mcp/json.h"
#include "trust/launch/launch.h"

namespace app {

std::vector<ServerLaunch> judge_launches(const AppConfig& config) {
  const gateway::FirstSight nothing_yet;
  std::vector<ServerLaunch> out;
  for (const gateway::ServerConfig& server : config.gateway.servers) {
    if (!server.enabled || server.kind != gateway::ServerConfig::Kind::command) continue;
    out.push_back({server.id, server.place, gateway::judge_launch(server, nothing_yet), trust::launch_digest(gateway::launch_of(server))});
  }
  return out;
}

bool any_denied(std::span<const ServerLaunch> launches) {
  return std::ranges::any_of(launches, [](const ServerLaunch& one) { return one.verdict.ruling == trust::Ruling::deny; });
}

std::string launches_json(std::span<const ServerLaunch> launches) {
  mcp::JsonWriter out;
  out.array();
  for (const ServerLaunch& one : launches) {
    out.object().field("server", one.server).field("place", one.place.text()).field("verdict", trust::ruling_name(one.verdict.ruling));
    out.field("rule", one.verdict.rule).field("where", one.verdict.where).field("reason", one.verdict.reason);
    out.field("remedy", one.verdict.remedy).field("digest", one.digest).end();
  }
  out.end();
  return std::move(out).text();
}

std::string launches_text(std::span<const ServerLaunch> launches) {
  std::string out;
  for (const ServerLaunch& one : launches) {
    const auto ruling = trust::ruling_name(one.verdict.ruling);
    if (one.verdict.ruling == trust::Ruling::allow)
      fmt::format_to(std::back_inserter(out), "  {}: launch: {}\n", one.server, ruling);
    else
      fmt::format_to(std::back_inserter(out), "  {}: launch: {} ({}): {}\n", one.server, ruling, one.place.text(),
                     gateway::verdict_text(one.verdict));
  }
  return out;
}

}  // namespace app
