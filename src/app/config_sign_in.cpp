#include "app/config_sign_in.h"

#include <fmt/format.h>

#include <algorithm>

#include "access/identity.h"
#include "app/schema.h"
#include "net/url.h"
#include "oauth/challenge_write.h"
#include "oauth/jwks.h"
#include "oauth/url_guard.h"

namespace app {
namespace {

using gateway::SignInIssuer;
using yaml::Value;

constexpr std::size_t kMostIssuers = 16, kMostScopes = 64;

void read_issuer_url(const Value& value, const std::string& path, const Value* loopback, Reader& reader, SignInIssuer& out) {
  auto text = reader.plain(value, path);
  if (!text) return;
  if (auto places = oauth::metadata_places(*text); !places) return reader.error(value, fmt::format("{}: {}", path, places.error().message));
  auto url = net::parse_url(*text);
  const bool allowed = loopback && reader.flag(*loopback, path.substr(0, path.rfind('.')) + ".allow_loopback").value_or(false);
  if (url && !url->tls && !allowed)
    return reader.error(value, path + " is http; an issuer on this machine, for tests, needs allow_loopback: true beside it");
  out.rules.issuer = *std::move(text);
}

void read_audience(const Value& value, const std::string& path, Reader& reader, SignInIssuer& out) {
  if (value.kind == Value::Kind::list)
    out.rules.audiences = reader.texts(value, path);
  else if (auto one = reader.plain(value, path))
    out.rules.audiences = {*std::move(one)};
}

void read_algorithms(const Value& value, const std::string& path, Reader& reader, SignInIssuer& out) {
  for (const std::string& name : reader.texts(value, path)) {
    if (auto alg = oauth::find_alg(name))
      out.rules.algs.push_back(*alg);
    else
      reader.error(value, fmt::format("{}: {} is not accepted; known are RS256, PS256, ES256, ES384 and EdDSA", path, shown(name)));
  }
}

void check_scope(const Value& at, const std::string& path, const std::string& scope, Reader& reader) {
  if (!oauth::is_scope(scope))
    reader.error(at, fmt::format("{}: {} is no scope: visible ASCII without space, quote and backslash", path, shown(scope)));
  if (scope == "offline_access")
    reader.error(at, path + ": offline_access is between clients and the issuer, and no scope of the gateway; remove it");
}

// A scope is a text, which every request needs, or a map with the tools that need it.
void read_scope(const Value& value, const std::string& path, Reader& reader, SignInIssuer& out) {
  if (value.kind != Value::Kind::map) {
    auto scope = reader.plain(value, path);
    if (!scope) return;
    check_scope(value, path, *scope, reader);
    out.rules.scopes.push_back(*std::move(scope));
    return;
  }
  schema::check(value, schema::issuer_scope(), path, reader.findings());
  auto *scope = value.find("scope"), *tools = value.find("tools");
  if (!scope || !tools) return reader.error(value, path + " needs scope and tools: the patterns of the tools that need it");
  gateway::ToolScope more;
  if (auto text = reader.plain(*scope, path + ".scope")) more.scope = *std::move(text);
  if (!more.scope.empty()) check_scope(*scope, path + ".scope", more.scope, reader);
  for (const std::string& text : reader.texts(*tools, path + ".tools")) {
    if (auto pattern = authz::read_pattern(text))
      more.tools.push_back(*std::move(pattern));
    else
      reader.error(*tools, fmt::format("{}.tools: {}", path, pattern.error().message));
  }
  out.tool_scopes.push_back(std::move(more));
}

void read_introspection(const Value& value, const std::string& path, Reader& reader, SignInIssuer& out) {
  if (!reader.is_map(value, path)) return;
  auto *client = value.find("client"), *secret = value.find("secret");
  if (!client || !secret) return reader.error(value, path + " needs client and secret: whom the issuer lets ask about tokens");
  oauth::IntrospectionOptions options;
  if (auto text = reader.plain(*client, path + ".client")) options.client = *std::move(text);
  if (auto text = reader.secret(*secret, path + ".secret")) options.secret = base::Secret(*std::move(text));
  options.issuer = out.rules.issuer;
  out.introspection = std::move(options);
}

void read_issuer(const Value& value, const std::string& path, Reader& reader, AppConfig& config) {
  if (!reader.is_map(value, path)) return;
  schema::check(value, schema::issuer(), path, reader.findings());
  SignInIssuer out;
  out.place = path;
  auto* url = value.find("issuer");
  if (!url) return reader.error(value, path + " needs issuer: its URL, as it stands in its tokens");
  read_issuer_url(*url, path + ".issuer", value.find("allow_loopback"), reader, out);
  if (auto* one = value.find("provider"))
    if (auto at = reader.word(*one, path + ".provider", {"oidc", "keycloak", "entra", "okta", "auth0"}))
      out.provider = oauth::all_providers()[*at].provider;
  if (auto* one = value.find("audience")) read_audience(*one, path + ".audience", reader, out);
  if (auto* one = value.find("algorithms")) read_algorithms(*one, path + ".algorithms", reader, out);
  if (auto* one = value.find("groups_claim"))
    if (auto text = reader.plain(*one, path + ".groups_claim")) out.rules.groups_claim = *std::move(text);
  if (auto* one = value.find("user_claim"))
    if (auto text = reader.plain(*one, path + ".user_claim")) out.rules.user_claim = *std::move(text);
  if (auto* one = value.find("scopes"); one && reader.is_list(*one, path + ".scopes")) {
    for (std::size_t i = 0; i < one->items.size() && i < kMostScopes; ++i)
      read_scope(one->items[i], fmt::format("{}.scopes[{}]", path, i), reader, out);
    if (one->items.size() > kMostScopes) reader.error(*one, fmt::format("{}.scopes: at most {}", path, kMostScopes));
  }
  if (auto* one = value.find("introspection")) read_introspection(*one, path + ".introspection", reader, out);
  oauth::settle(out.rules, out.provider);
  if (auto odd = oauth::odd_issuer(out.provider, out.rules.issuer); !odd.empty() && !out.rules.issuer.empty())
    reader.warn(*url, fmt::format("{}.issuer: {}", path, odd));
  for (const SignInIssuer& other : config.sign_in.issuers) {
    if (other.rules.issuer == out.rules.issuer) reader.error(*url, fmt::format("{}.issuer is that of {} too", path, other.place));
    if (other.introspection && out.introspection)
      reader.error(value, path + ".introspection: a token that is no JWT does not say whose it is, so one issuer alone can be asked");
  }
  config.sign_in.issuers.push_back(std::move(out));
}

// The part before the path, where the path is that of the gateway.
std::string origin_of_audience(const SignInIssuer& issuer) {
  for (const std::string& audience : issuer.rules.audiences) {
    auto url = net::parse_url(audience);
    if (url && url->target == "/mcp") return audience.substr(0, audience.size() - url->target.size());
  }
  return {};
}

}  // namespace

void read_issuers(const Value& issuers, Reader& reader, AppConfig& config) {
  if (!reader.is_list(issuers, "auth.issuers")) return;
  if (issuers.items.empty()) return reader.error(issuers, "auth.issuers is empty, so nobody could sign in; add one, or remove the key");
  if (issuers.items.size() > kMostIssuers) return reader.error(issuers, fmt::format("auth.issuers: at most {}", kMostIssuers));
  config.gateway.door = authz::Door::keys;
  for (std::size_t i = 0; i < issuers.items.size(); ++i) read_issuer(issuers.items[i], fmt::format("auth.issuers[{}]", i), reader, config);
}

void settle_sign_in(const Value& at, Reader& reader, AppConfig& config) {
  gateway::SignInConfig& out = config.sign_in;
  if (out.issuers.empty()) return;
  out.origin = config.public_url;
  if (out.origin.empty()) out.origin = origin_of_audience(out.issuers.front());
  if (out.origin.empty()) {
    if (!authz::is_loopback(config.listen.host))
      reader.error(at, "auth.issuers: clients are told where this gateway is; add public_url, such as https://mcp.example.com");
    out.origin = fmt::format("{}://{}", config.tls ? "https" : "http", config.listen.text());
  }
  auto url = net::parse_url(out.origin);
  if (url && !url->tls && !oauth::names_this_machine(url->host))
    reader.error(at, fmt::format("auth.issuers: tokens must not cross a network in the clear, and {} is http; set public_url to its https "
                                 "address",
                                 out.origin));
  for (SignInIssuer& issuer : out.issuers)
    if (issuer.rules.audiences.empty()) issuer.rules.audiences.push_back(out.origin + "/mcp");
}

}  // namespace app
