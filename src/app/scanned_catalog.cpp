#include "app/scanned_catalog.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/asked_gateway.h"
#include "app/asked_tools.h"
#include "app/offered_now.h"
#include "base/json.h"
#include "trust/scan/definitions.h"

namespace app {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using trust::PinKind;

// A definition that waits for its neighbours to be known.
struct Offered {
  Scanned about;
  std::string json;  // an object
};

std::string definition_of(const mcp::ToolInfo& tool, std::string_view name) {
  std::string out = fmt::format("{{\"name\":{},\"title\":{},\"description\":{}", base::quoted(name), base::quoted(tool.title),
                                base::quoted(tool.description));
  for (auto [key, value] : {std::pair("inputSchema", &tool.input_schema), std::pair("outputSchema", &tool.output_schema),
                            std::pair("annotations", &tool.annotations)})
    if (!value->empty()) out.append(",\"").append(key).append("\":").append(*value);
  return out + "}";
}

Result<std::vector<Scanned>> scan_all(std::vector<Offered> offered, const std::string& server) {
  trust::Neighbours neighbours;
  for (const Offered& one : offered)
    if (one.about.kind == trust::pin_kind_name(PinKind::tool)) neighbours.add(one.about.server, one.about.name);
  std::vector<Scanned> out;
  for (Offered& one : offered) {
    if (!server.empty() && one.about.server != server) continue;
    auto definition = base::parse_json(one.json);
    if (!definition) return std::move(definition).error();
    one.about.findings = trust::scan_definition(*definition, one.about.server, neighbours);
    out.push_back(std::move(one.about));
  }
  return out;
}

void take(const std::string& server, trust::Pin pin, std::vector<Offered>& out) {
  const std::string_view kind = trust::pin_kind_name(pin.kind);
  switch (pin.kind) {
    case PinKind::tool:
    case PinKind::prompt:
    case PinKind::resource:
    case PinKind::resource_template: out.push_back({{server, kind, std::move(pin.name), {}}, std::move(pin.text)}); break;
    case PinKind::server: out.push_back({{server, kind, std::string(kind), {}}, std::move(pin.text)}); break;
    case PinKind::instructions:
      if (pin.text != "\"\"") out.push_back({{server, kind, std::string(kind), {}}, "{\"instructions\":" + pin.text + "}"});
      break;
    case PinKind::capabilities:
    case PinKind::launch:
    case PinKind::package:
    case PinKind::member: break;
  }
}

// Servers of this program have no pins; what they list comes from the config's own files.
Result<> take_builtin(const AppConfig& config, const std::vector<std::string>& servers, net::Reaper& reaper, std::vector<Offered>& out) {
  if (servers.empty()) return {};
  AppConfig alone = config;
  alone.store = base::Secret(std::string("sqlite::memory:"));
  alone.peers.clear();
  alone.gateway.rules = nullptr;
  auto gateway = AskedGateway::open(std::move(alone), reaper);
  if (!gateway) return std::move(gateway).error();
  for (const std::string& id : servers) {
    auto tools = list_tools(*gateway, gateway->page_url("mcp/s/" + id + "?disclosure=all"), "gatehouse-scan");
    if (!tools) return std::move(tools).error().in(id);
    for (const mcp::ToolInfo& tool : *tools)
      out.push_back({{id, trust::pin_kind_name(PinKind::tool), tool.name, {}}, definition_of(tool, tool.name)});
  }
  return {};
}

}  // namespace

Result<ScannedCatalog> scan_config(const AppConfig& config, const std::string& server, net::Reaper& reaper) {
  std::vector<std::string> builtin, others;
  for (const gateway::ServerConfig& one : config.gateway.servers)
    if (one.enabled) (one.kind == gateway::ServerConfig::Kind::builtin ? builtin : others).push_back(one.id);
  const bool known =
      server.empty() || std::ranges::find(builtin, server) != builtin.end() || std::ranges::find(others, server) != others.end();
  if (!known)
    return Error(Code::not_found, fmt::format("the config has no enabled server '{}'; gatehouse tools lists what there is", server));
  ScannedCatalog out;
  std::vector<Offered> offered;
  auto offers = ask_offers(config, others, reaper);
  if (!offers) return std::move(offers).error();
  for (auto& [id, now] : *offers) {
    if (!now.error.empty() && (server.empty() || server == id))
      out.unseen.push_back(fmt::format("{}: {}; it is not scanned", id, now.error));
    for (trust::Pin& pin : now.pins) take(id, std::move(pin), offered);
  }
  if (auto taken = take_builtin(config, builtin, reaper, offered); !taken) return std::move(taken).error();
  auto scanned = scan_all(std::move(offered), server);
  if (!scanned) return std::move(scanned).error();
  out.all = *std::move(scanned);
  return out;
}

Result<std::vector<Scanned>> scan_tools(const std::vector<mcp::ToolInfo>& tools, const std::string& server) {
  std::vector<Offered> offered;
  for (const mcp::ToolInfo& tool : tools) {
    const std::size_t cut = tool.name.find("__");
    if (cut == std::string::npos) continue;  // the gateway's own
    const std::string name = tool.name.substr(cut + 2);
    offered.push_back({{tool.name.substr(0, cut), trust::pin_kind_name(PinKind::tool), name, {}}, definition_of(tool, name)});
  }
  auto out = scan_all(std::move(offered), server);
  if (out && out->empty() && !server.empty())
    return Error(Code::not_found, fmt::format("there is no tool of a server '{}'; gatehouse tools lists what there is", server));
  return out;
}

}  // namespace app
