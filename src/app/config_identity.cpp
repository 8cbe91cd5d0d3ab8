#include "app/config_identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "access/identity.h"
#include "access/keys/token_mint.h"
#include "app/config_auth.h"
#include "app/config_shared.h"
#include "app/config_sign_in.h"
#include "app/schema.h"
#include "net/server_tls.h"
#include "net/url.h"

namespace app {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using yaml::Value;

constexpr std::size_t kLeastPepper = 32, kMostHooks = 16, kMostAudiences = 64;

void read_auth(const Value& value, Reader& reader, AppConfig& config) {
  if (!reader.is_map(value, "auth")) return;
  if (auto* one = value.find("api_keys")) config.api_keys = reader.flag(*one, "auth.api_keys").value_or(false);
  if (config.api_keys) config.gateway.door = authz::Door::keys;
  if (auto* one = value.find("issuers")) read_issuers(*one, reader, config);
}

void read_tokens(const Value& value, Reader& reader, AppConfig& config) {
  if (!reader.is_map(value, "keys.tokens")) return;
  auto* audiences = value.find("audiences");
  if (audiences) config.tokens.audiences = reader.texts(*audiences, "keys.tokens.audiences");
  if (config.tokens.audiences.empty() || config.tokens.audiences.size() > kMostAudiences)
    reader.error(value, fmt::format("keys.tokens needs audiences: the 1 to {} services that tokens may be for", kMostAudiences));
  if (auto* life = value.find("life"))
    if (auto time = reader.duration(*life, "keys.tokens.life", seconds(1), authz::TokenMint::kLongest))
      config.tokens.life = std::chrono::duration_cast<seconds>(*time);
}

void read_keys(const Value& value, Reader& reader, AppConfig& config) {
  if (!reader.is_map(value, "keys")) return;
  if (auto* pepper = value.find("pepper"))
    if (auto text = reader.secret(*pepper, "keys.pepper")) {
      if (text->size() < kLeastPepper)
        reader.error(*pepper, fmt::format("keys.pepper has {} bytes and needs at least {}; make one with: openssl rand -base64 32",
                                          text->size(), kLeastPepper));
      config.pepper = base::Secret(*std::move(text));
    }
  if (auto* vault = value.find("vault")) read_token_keys(*vault, reader, config);
  auto* tokens = value.find("tokens");
  if (!tokens) return;
  read_tokens(*tokens, reader, config);
  if (!config.api_keys) reader.error(*tokens, "keys.tokens: tokens are made for who brings an API key; add auth: { api_keys: true }");
  if (config.public_url.empty())
    reader.error(*tokens, "keys.tokens: tokens name their issuer; add public_url, such as https://mcp.example.com");
}

void read_hook(const Value& value, const std::string& path, Reader& reader, Findings& findings, AppConfig& config) {
  if (!reader.is_map(value, path)) return;
  schema::check(value, schema::approval_webhook(), path, findings);
  gateway::ApprovalHook hook;
  auto* url = value.find("url");
  auto* secret = value.find("secret");
  if (!url || !secret) return reader.error(value, path + " needs url, and secret, which signs what is sent there");
  if (auto text = reader.plain(*url, path + ".url")) {
    auto parsed = net::parse_url(*text);
    if (!parsed) reader.error(*url, fmt::format("{}.url: {}", path, parsed.error().message));
    if (parsed && !parsed->tls && !authz::is_loopback(parsed->host))
      reader.error(*url, path + ".url must be https: whoever reads what is sent there may decide");
    hook.url = *text;
  }
  if (auto text = reader.secret(*secret, path + ".secret")) {
    if (text->size() < kLeastPepper) reader.error(*secret, fmt::format("{}.secret needs at least {} bytes", path, kLeastPepper));
    hook.secret = base::Secret(*std::move(text));
  }
  if (auto* ca = value.find("ca"))
    if (auto file = reader.path(*ca, path + ".ca")) hook.ca = *file;
  hook.name = std::to_string(config.gateway.approvals.hooks.size() + 1);
  if (auto* name = value.find("name")) hook.name = reader.plain(*name, path + ".name").value_or(hook.name);
  config.gateway.approvals.hooks.push_back(std::move(hook));
}

void read_approvals(const Value& value, Reader& reader, Findings& findings, AppConfig& config) {
  gateway::ApprovalConfig& out = config.gateway.approvals;
  if (!reader.is_map(value, "approvals")) return;
  if (auto* one = value.find("ttl"))
    if (auto time = reader.duration(*one, "approvals.ttl", seconds(1), hours(24 * 7))) out.ttl = *time;
  if (auto* one = value.find("wait"))
    if (auto time = reader.duration(*one, "approvals.wait", milliseconds(0), hours(1))) out.wait = *time;
  auto* hooks = value.find("webhook");
  if (!hooks) return;
  if (hooks->kind == Value::Kind::list) {
    for (std::size_t i = 0; i < hooks->items.size() && i < kMostHooks; ++i)
      read_hook(hooks->items[i], fmt::format("approvals.webhook[{}]", i), reader, findings, config);
    if (hooks->items.size() > kMostHooks) reader.error(*hooks, fmt::format("approvals.webhook: at most {}", kMostHooks));
  } else {
    read_hook(*hooks, "approvals.webhook", reader, findings, config);
  }
  if (config.public_url.empty())
    reader.warn(*hooks, "approvals.webhook: without public_url no link is sent along; add it to let people decide there");
}

void read_tls(const Value& value, Reader& reader, AppConfig& config) {
  if (!reader.is_map(value, "tls")) return;
  auto *certificate = value.find("cert"), *key = value.find("key");
  if (!certificate || !key) return reader.error(value, "tls needs cert and key, two PEM files");
  auto certificate_file = reader.path(*certificate, "tls.cert");
  auto key_file = reader.path(*key, "tls.key");
  if (!certificate_file || !key_file) return;
  reader.read_from(*certificate_file);
  reader.read_from(*key_file);
  auto loaded = net::ServerTls::load(*certificate_file, *key_file);
  if (!loaded) return reader.error(value, "tls: " + loaded.error().message);
  std::error_code ec;
  const auto mode = std::filesystem::status(*key_file, ec).permissions();
  using std::filesystem::perms;
  if (!ec && (mode & (perms::group_read | perms::others_read)) != perms::none)
    reader.warn(*key, fmt::format("tls.key: others can read {}; chmod 600 it", *key_file));
  const auto left = (*loaded)->expires() - std::chrono::system_clock::now();
  if (left <= seconds(0))
    reader.warn(*certificate, "tls.cert: the certificate has expired");
  else if (left < hours(24 * 14))
    reader.warn(*certificate,
                fmt::format("tls.cert: the certificate ends in {} days", std::chrono::duration_cast<hours>(left).count() / 24));
  config.tls = *std::move(loaded);
}

void read_public_url(const Value& value, Reader& reader, AppConfig& config) {
  auto text = reader.plain(value, "public_url");
  if (!text) return;
  auto url = net::parse_url(*text);
  if (!url || url->target != "/")
    return reader.error(value,
                        fmt::format("public_url must be how the gateway is reached, like https://mcp.example.com, not {}", shown(*text)));
  if (text->ends_with('/')) text->pop_back();
  config.public_url = *std::move(text);
  config.gateway.approvals.public_url = config.public_url;
}

}  // namespace

void read_identity(const Value& top, Reader& reader, AppConfig& config) {
  if (auto* value = top.find("i_know_this_is_open"))
    if (reader.flag(*value, "i_know_this_is_open").value_or(false)) config.gateway.door = authz::Door::open;
  if (auto* value = top.find("auth")) read_auth(*value, reader, config);
  if (auto* value = top.find("public_url")) read_public_url(*value, reader, config);
  if (auto* value = top.find("keys")) read_keys(*value, reader, config);
  if (auto* value = top.find("approvals")) read_approvals(*value, reader, reader.findings(), config);
  if (auto* value = top.find("tls")) read_tls(*value, reader, config);
  const bool keys = config.gateway.door == authz::Door::keys;
  if (keys && config.pepper.reveal().empty() && !config.store.reveal().starts_with("sqlite:"))
    reader.error(*top.find("auth"),
                 "auth.api_keys: instances that share a database share the pepper; add keys: { pepper: \"${env:…}\" }, 32 "
                 "bytes or more");
  if (auto* auth = top.find("auth")) settle_sign_in(*auth, reader, config);
  auto* listen = top.find("listen");
  if (!listen) return;
  if (auto allowed = authz::may_listen(config.listen.host, config.gateway.door); !allowed)
    return reader.error(*listen, "listen: " + allowed.error().message);
  if (authz::is_loopback(config.listen.host)) return;
  if (!config.tls && keys)
    reader.warn(*listen,
                "listen: without tls, keys, tokens and answers can be read on their way; add tls, or listen on 127.0.0.1 behind a proxy");
  if (config.allowed_hosts.empty() && config.public_url.empty())
    reader.warn(*listen, "listen: requests from elsewhere name a host that is refused; add public_url or allowed_hosts");
}

void settle_rules(AppConfig& config) {
  if (!config.gateway.rules && !authz::is_loopback(config.listen.host)) config.gateway.rules = authz::rules_beyond_loopback();
}

mcp::Result<base::Secret<std::string>> key_pepper(const AppConfig& config) {
  if (!config.pepper.reveal().empty()) return config.pepper;
  return secret_beside(config, ".pepper", "keys.pepper");
}

}  // namespace app
