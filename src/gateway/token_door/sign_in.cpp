#include "gateway/token_door/sign_in.h"

#include <fmt/format.h>

#include <algorithm>

#include "access/identity.h"
#include "access/keys/key_text.h"
#include "base/event.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/log.h"
#include "gateway/disclosure/meta_tools.h"
#include "protocol/params.h"

namespace gateway {

using base::Task;
using oauth::Refusal;
using oauth::Verdict;

namespace {

constexpr int kLinesPerSecond = 10;
constexpr std::size_t kTokenDigits = 16;  // of the digest that names a token
constexpr std::string_view kServerPrefix = "/mcp/s/", kProfilePrefix = "/mcp/p/", kAll = "/mcp";

std::vector<std::string> issuers_of(const SignInConfig& config) {
  std::vector<std::string> out;
  out.reserve(config.issuers.size());
  for (const SignInIssuer& one : config.issuers) out.push_back(one.rules.issuer);
  return out;
}

std::unique_ptr<oauth::Introspector> introspector_of(base::Loop& loop, const SignInConfig& config) {
  for (const SignInIssuer& one : config.issuers)
    if (one.introspection) return std::make_unique<oauth::Introspector>(loop, *one.introspection);
  return nullptr;
}

bool is_key(const net::HttpRequest& http) {
  auto text = find_bearer(http);
  return text && text->starts_with(authz::kKeyPrefix);
}

bool is_operator(const net::HttpRequest& http, const base::Secret<std::string>& pepper) {
  if (!authz::is_loopback(http.peer_address)) return false;
  auto text = find_bearer(http);
  return text && authz::is_operator_text(pepper, *text, std::chrono::system_clock::now());
}

bool is_mcp(std::string_view path) { return path == kAll || path.starts_with(kServerPrefix) || path.starts_with(kProfilePrefix); }

// The tool that a message calls, as the path names it; what is called through another tool is that.
std::string called_tool(const protocol::Message& message) {
  if (message.known != protocol::Method::tools_call) return {};
  auto params = protocol::read_params(message.params);
  if (!params) return {};
  std::string name = base::json_string(params->name).value_or("");
  auto meta = find_meta_tool(name);
  if (!meta || (*meta != MetaTool::call_tool && *meta != MetaTool::call_tool_write)) return name;
  auto inner = read_call_arguments(params->arguments);
  return inner ? inner->name : name;
}

bool covers(const ToolScope& scope, std::string_view server, std::string_view tool) {
  return std::any_of(scope.tools.begin(), scope.tools.end(),
                     [&](const authz::Pattern& one) { return base::glob_match(one.server, server) && base::glob_match(one.name, tool); });
}

}  // namespace

// One path of the gateway.
class SignIn::PathDoor final : public sdk::Admission {
 public:
  PathDoor(SignIn& sign_in, std::string path) : sign_in_(sign_in), path_(std::move(path)) {}
  Task<Verdict> admit(const net::HttpRequest* http) override { return sign_in_.admit(http, path_); }
  std::optional<Refusal> allow(const oauth::Principal& who, const protocol::Inbound& message) override {
    return sign_in_.allow(who, path_, message);
  }

 private:
  SignIn& sign_in_;
  std::string path_;
};

SignIn::SignIn(Parts parts, SignInConfig config)
    : parts_(std::move(parts)),
      config_(std::move(config)),
      servers_(issuers_of(config_)),
      introspector_(introspector_of(parts_.loop, config_)),
      fetcher_(parts_.loop, servers_, {}),
      keys_(parts_.loop, fetcher_.fetch()),
      server_(keys_, options()) {}
SignIn::~SignIn() = default;

oauth::ResourceServerOptions SignIn::options() {
  oauth::ResourceServerOptions out;
  out.resource = config_.origin + std::string(kAll);
  for (const SignInIssuer& one : config_.issuers) {
    out.rules.push_back(one.rules);
    for (const ToolScope& more : one.tool_scopes) out.scopes_supported.push_back(more.scope);
  }
  std::sort(out.scopes_supported.begin(), out.scopes_supported.end());
  out.scopes_supported.erase(std::unique(out.scopes_supported.begin(), out.scopes_supported.end()), out.scopes_supported.end());
  out.name = "Gatehouse";
  out.dpop = config_.dpop;
  out.introspector = introspector_.get();
  out.describe = [](const oauth::IssuerRules& rules, const oauth::Claims& claims, std::string_view payload, const oauth::Sha256& token) {
    auto who = caller_of(rules, claims, payload, token);
    base::events::happened({"signin.ok", rules.issuer, who->id, {}, "ok", fmt::format("client {}, token {}", who->client, who->token)});
    return who;
  };
  return out;
}

std::shared_ptr<sdk::Admission> SignIn::door(std::string path) { return std::make_shared<PathDoor>(*this, std::move(path)); }

Task<Verdict> SignIn::admit(const net::HttpRequest* http, std::string path) {
  std::shared_ptr<const oauth::Principal> owner;
  if (http->peer_address.empty() || is_operator(*http, parts_.pepper)) co_return owner;
  if (parts_.keys && is_key(*http)) co_return parts_.keys->judge(*http);
  const std::string resource = config_.origin + path;
  oauth::Credentials credentials;
  credentials.method = http->method;
  credentials.query = http->query;
  credentials.peer = http->peer_address;
  credentials.resource = resource;
  for (const auto& line : http->headers) {
    if (net::same_header(line.name, "authorization")) credentials.authorization.push_back(line.value);
    if (net::same_header(line.name, "dpop")) credentials.proofs.push_back(line.value);
  }
  Verdict verdict = co_await server_.authenticate(std::move(credentials));
  if (const auto* refusal = std::get_if<Refusal>(&verdict)) tell(*refusal, http->peer_address);
  co_return verdict;
}

const SignInIssuer* SignIn::issuer(std::string_view name) const {
  auto found = std::find_if(config_.issuers.begin(), config_.issuers.end(), [&](const auto& one) { return one.rules.issuer == name; });
  return found == config_.issuers.end() ? nullptr : &*found;
}

std::string SignIn::lacking(const oauth::Principal& who, std::string_view server, std::string_view tool) const {
  const SignInIssuer* found = issuer(who.issuer);
  if (!found) return {};
  for (const ToolScope& more : found->tool_scopes)
    if (covers(more, server, tool) && std::find(who.scopes.begin(), who.scopes.end(), more.scope) == who.scopes.end()) return more.scope;
  return {};
}

std::vector<std::string> SignIn::needed(std::string_view issuer, std::string_view path, const protocol::Message& message) const {
  std::vector<std::string> out;
  const SignInIssuer* found = this->issuer(issuer);
  if (!found || found->tool_scopes.empty()) return out;
  const std::string name = called_tool(message);
  if (name.empty()) return out;
  std::string_view server, tool = name;
  if (path.starts_with(kServerPrefix)) {
    server = path.substr(kServerPrefix.size());
  } else if (const std::size_t split = name.find("__"); split != std::string::npos) {
    server = tool.substr(0, split);
    tool.remove_prefix(split + 2);
  }
  for (const ToolScope& more : found->tool_scopes)
    if (covers(more, server, tool)) out.push_back(more.scope);
  return out;
}

std::optional<Refusal> SignIn::allow(const oauth::Principal& who, std::string_view path, const protocol::Inbound& message) {
  if (who.issuer == "gatehouse") return std::nullopt;  // an API key
  std::vector<std::string> scopes;
  auto add = [&](const protocol::Message& one) {
    for (std::string& scope : needed(who.issuer, path, one)) scopes.push_back(std::move(scope));
  };
  if (message.kind == protocol::InboundKind::batch) {
    for (const auto& one : message.batch)
      if (one) add(*one);
  } else {
    add(message.message);
  }
  auto refusal = server_.allow(who, scopes, config_.origin + std::string(path));
  if (refusal) tell(*refusal, who.key);
  return refusal;
}

std::optional<std::string> SignIn::metadata_at(std::string_view path) const {
  if (!path.starts_with(oauth::kResourceMetadataPath)) return std::nullopt;
  path.remove_prefix(oauth::kResourceMetadataPath.size());
  if (path.empty()) path = kAll;
  if (!is_mcp(path)) return std::nullopt;
  return server_.metadata_of(config_.origin + std::string(path), servers_);
}

// Nothing of the token is in it, and what a peer wrote only as far as it was checked.
void SignIn::tell(const Refusal& refusal, std::string_view peer) {
  if (refusal.status == 401 && refusal.error.empty()) return;  // the ordinary beginning
  const base::Instant now = base::Timers::now();
  if (now - second_ >= std::chrono::seconds(1)) {
    if (dropped_ > 0) base::log::warn("more requests were refused", {{"count", std::int64_t{dropped_}}});
    second_ = now;
    lines_ = dropped_ = 0;
  }
  if (++lines_ > kLinesPerSecond) {
    ++dropped_;
    return;
  }
  base::log::warn("a request was refused", {{"status", std::int64_t{refusal.status}}, {"why", refusal.why}, {"peer", peer}});
  const bool over = refusal.why.find("has expired") != std::string::npos;
  base::events::happened({over ? "token.expired" : "signin.failed", std::string(peer), {}, {}, "denied", refusal.why});
}

std::string SignIn::metrics() const {
  return fmt::format(
      "# HELP gatehouse_tokens_verified_total Access tokens that were verified and are good.\n"
      "# TYPE gatehouse_tokens_verified_total counter\ngatehouse_tokens_verified_total {}\n"
      "# HELP gatehouse_sign_in_refused_total Requests without a token that is good here, or without a scope.\n"
      "# TYPE gatehouse_sign_in_refused_total counter\ngatehouse_sign_in_refused_total {}\n"
      "# HELP gatehouse_issuer_fetches_total Fetches of issuers' keys that were begun.\n"
      "# TYPE gatehouse_issuer_fetches_total counter\ngatehouse_issuer_fetches_total {}\n",
      server_.verified(), server_.refused(), keys_.fetches());
}

std::shared_ptr<const base::Principal> caller_of(const oauth::IssuerRules& rules, const oauth::Claims& claims, std::string_view payload,
                                                 const oauth::Sha256& token) {
  auto out = std::make_shared<base::Principal>();
  out->id = claims.iss + "#" + claims.sub;
  out->user = claims.sub;
  if (auto named = oauth::texts_at(payload, rules.user_claim); !named.empty()) out->user = std::move(named.front());
  out->groups = oauth::texts_at(payload, rules.groups_claim);
  out->client = claims.client_id.empty() ? claims.azp : claims.client_id;
  out->issuer = claims.iss;
  for (std::size_t i = 0; i < kTokenDigits / 2; ++i) out->token += fmt::format("{:02x}", token[i]);
  return out;
}

}  // namespace gateway
