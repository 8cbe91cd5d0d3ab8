#include "app/config_auth.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/config_shared.h"
#include "net/http_message.h"
#include "net/url.h"
#include "oauth/url_guard.h"

namespace app {
namespace {

using gateway::UpstreamAuth;
using yaml::Value;

constexpr std::size_t kLeastKey = 32, kMostKeys = 16;

void read_issuer(const Value& value, const std::string& what, Reader& reader, std::string& out) {
  auto text = reader.plain(value, what);
  if (!text) return;
  auto url = net::parse_url(*text);
  if (!url || (!url->tls && !oauth::names_this_machine(url->host)))
    return reader.error(value, fmt::format("{} must be an https URL, as the authorization server says it itself", what));
  out = *std::move(text);
}

void read_client(const Value& map, const std::string& path, Reader& reader, std::string& id, base::Secret<std::string>& secret) {
  if (auto* value = map.find("client_id"))
    if (auto text = reader.plain(*value, path + ".client_id")) id = *std::move(text);
  if (auto* value = map.find("client_secret"))
    if (auto text = reader.secret(*value, path + ".client_secret")) secret = base::Secret(*std::move(text));
  if (map.find("client_secret") && !map.find("client_id"))
    reader.error(*map.find("client_secret"), fmt::format("{}.client_secret needs client_id beside it", path));
}

// What a grant cannot do without.
void check_grant(const Value& value, const std::string& path, Reader& reader, const UpstreamAuth& auth) {
  using Grant = UpstreamAuth::Grant;
  const bool by_itself = auth.grant == Grant::client_credentials || auth.grant == Grant::token_exchange;
  if (by_itself && auth.client_id.empty())
    reader.error(value, fmt::format("{} needs client_id and client_secret, as the authorization server gave them", path));
  if (auth.grant == Grant::token_exchange && auth.issuer.empty())
    reader.error(value, fmt::format("{} needs issuer: callers' tokens are shown to no other authorization server", path));
  if (auth.grant == Grant::id_jag && (auth.provider.empty() || auth.provider_client_id.empty()))
    reader.error(value, fmt::format("{} needs provider: {{ issuer, client_id, client_secret }}, the company's identity provider", path));
  if (auth.grant != Grant::id_jag && !auth.provider.empty())
    reader.error(value, fmt::format("{}.provider is for oauth: id_jag; remove it", path));
}

}  // namespace

void read_upstream_auth(const Value& value, const std::string& path, Reader& reader, gateway::ServerConfig& server) {
  if (!reader.is_map(value, path)) return;
  UpstreamAuth& auth = server.auth;
  auto* grant = value.find("oauth");
  if (!grant)
    return reader.error(value, fmt::format("{} needs oauth: per-user, shared, client_credentials, token_exchange or id_jag", path));
  using Grant = UpstreamAuth::Grant;
  constexpr Grant kGrants[] = {Grant::per_user, Grant::shared, Grant::client_credentials, Grant::token_exchange, Grant::id_jag};
  auto word = reader.word(*grant, path + ".oauth", {"per-user", "shared", "client_credentials", "token_exchange", "id_jag"});
  if (!word) return;
  auth.grant = kGrants[*word];
  if (auto* one = value.find("issuer")) read_issuer(*one, path + ".issuer", reader, auth.issuer);
  read_client(value, path, reader, auth.client_id, auth.client_secret);
  if (auto* one = value.find("scopes")) auth.scopes = reader.texts(*one, path + ".scopes");
  if (auto* one = value.find("provider"); one && reader.is_map(*one, path + ".provider")) {
    if (auto* issuer = one->find("issuer")) read_issuer(*issuer, path + ".provider.issuer", reader, auth.provider);
    read_client(*one, path + ".provider", reader, auth.provider_client_id, auth.provider_client_secret);
  }
  // A server on this machine may have its authorization server there.
  auto url = net::parse_url(server.url);
  if (url && oauth::names_this_machine(url->host)) auth.reach = UpstreamAuth::Reach::this_machine;
  constexpr UpstreamAuth::Reach kReaches[] = {UpstreamAuth::Reach::public_addresses, UpstreamAuth::Reach::this_machine,
                                              UpstreamAuth::Reach::private_networks};
  if (auto* one = value.find("reach"))
    if (auto reach = reader.word(*one, path + ".reach", {"public", "loopback", "private"})) auth.reach = kReaches[*reach];
  check_grant(value, path, reader, auth);
  auto is_authorization = [](const auto& header) { return net::same_header(header.first, "Authorization"); };
  if (std::any_of(server.headers.begin(), server.headers.end(), is_authorization))
    reader.error(value, fmt::format("{}: headers has an Authorization of its own; remove one of the two", path));
}

void read_token_keys(const Value& value, Reader& reader, AppConfig& config) {
  if (!reader.is_list(value, "keys.vault")) return;
  if (value.items.empty() || value.items.size() > kMostKeys)
    return reader.error(value, fmt::format("keys.vault must be a list of 1 to {} keys; make one with: openssl rand -base64 32", kMostKeys));
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string what = fmt::format("keys.vault[{}]", i);
    auto key = reader.secret(value.items[i], what);
    if (key && key->size() < kLeastKey)
      reader.error(value.items[i], fmt::format("{} has {} bytes and needs at least {}; make one with: openssl rand -base64 32", what,
                                               key->size(), kLeastKey));
    else if (key)
      config.gateway.token_keys.emplace_back(*std::move(key));
  }
}

void check_token_keys(const Value& servers, Reader& reader, const AppConfig& config) {
  if (!config.gateway.token_keys.empty() || config.store.reveal().starts_with("sqlite:")) return;
  for (const gateway::ServerConfig& server : config.gateway.servers)
    if (server.auth.wanted())
      return reader.error(servers, fmt::format("servers.{}.auth: instances that share a database share the keys of tokens; add keys: {{ "
                                               "vault: [\"${{env:…}}\"] }}, the same for each; make one with: openssl rand -base64 32",
                                               server.id));
}

mcp::Result<std::vector<base::Secret<std::string>>> token_keys(const AppConfig& config) {
  std::vector<base::Secret<std::string>> out = config.gateway.token_keys;
  auto wants = [](const gateway::ServerConfig& server) { return server.auth.wanted(); };
  const auto& servers = config.gateway.servers;
  if (!out.empty() || std::none_of(servers.begin(), servers.end(), wants)) return out;
  auto one = secret_beside(config, ".vault", "keys.vault");
  if (!one) return std::move(one).error();
  out.push_back(*std::move(one));
  return out;
}

}  // namespace app
