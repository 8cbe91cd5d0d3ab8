#include "app/config_proxy.h"

#include <fmt/format.h>

#include <algorithm>

#include "net/proxy.h"

namespace app {
namespace {

using gateway::ServerConfig;

std::optional<net::Proxy> read_url(const yaml::Value& value, std::string_view what, Reader& reader) {
  auto text = reader.secret(value, what);
  if (!text) return std::nullopt;
  auto proxy = net::parse_proxy(*text);
  if (!proxy) {
    reader.error(value, fmt::format("{}: {}", what, proxy.error().message));
    return std::nullopt;
  }
  return *std::move(proxy);
}

void read_map(const yaml::Value& value, Reader& reader, net::ProxyRules& rules) {
  const yaml::Value* url = value.find("url");
  if (!url) return reader.error(value, "proxy has no url; add url: http://proxy.example.com:3128");
  rules.http = rules.https = read_url(*url, "proxy.url", reader);
  if (auto* direct = value.find("direct"))
    rules.direct = net::NoProxy(fmt::format("{}", fmt::join(reader.texts(*direct, "proxy.direct"), ",")));
  if (auto* loopback = value.find("loopback"))
    if (reader.flag(*loopback, "proxy.loopback").value_or(false)) rules.loopback = net::ProxyRules::Loopback::proxied;
}

}  // namespace

void read_proxies(const yaml::Value* value, Reader& reader, Findings& findings, std::vector<ServerConfig>& servers) {
  const bool used = std::any_of(servers.begin(), servers.end(),
                                [](const ServerConfig& server) { return server.enabled && server.kind == ServerConfig::Kind::url; });
  net::ProxyRules rules;
  auto around = net::proxies_of(reader.environment());
  if (around) rules = *std::move(around);
  if (!value) {
    if (!around && used) findings.error(0, 0, around.error().message + "; correct that variable, or write proxy: none");
  } else if (value->kind == yaml::Value::Kind::map) {
    read_map(*value, reader, rules);
  } else if (value->text == "none") {
    rules = {};
  } else {
    rules.http = rules.https = read_url(*value, "proxy", reader);
  }
  for (ServerConfig& server : servers)
    if (server.kind != ServerConfig::Kind::builtin) server.proxies = rules;
}

}  // namespace app
