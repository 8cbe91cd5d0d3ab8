#include "sdk/protection.h"

#include <algorithm>

#include "base/json.h"
#include "base/log.h"
#include "net/url.h"
#include "protocol/params.h"
#include "sdk/registry.h"

namespace mcp {

Server& Server::protect(Protection protection) {
  registry_->protection = std::move(protection);
  return *this;
}

}  // namespace mcp

namespace sdk {

using net::HttpHeader;

namespace {

oauth::DpopRule rule_of(mcp::Dpop dpop) {
  switch (dpop) {
    case mcp::Dpop::off: return oauth::DpopRule::off;
    case mcp::Dpop::allowed: return oauth::DpopRule::allowed;
    case mcp::Dpop::required: return oauth::DpopRule::required;
  }
  return oauth::DpopRule::off;
}

// The name of the tool that a message calls, or nothing.
std::optional<std::string> called_tool(const protocol::Message& message) {
  if (message.known != protocol::Method::tools_call) return std::nullopt;
  auto params = protocol::read_params(message.params);
  if (!params) return std::nullopt;
  return base::json_string(params->name).value_or("");
}

}  // namespace

ProtectionParts protection_parts(const mcp::detail::Registry& registry) {
  ProtectionParts out;
  const mcp::Protection& asked = *registry.protection;
  out.server.resource = asked.resource;
  out.server.issuers = asked.issuers;
  out.server.audiences = asked.audiences;
  out.server.audience_rule = asked.several_audiences == mcp::Audiences::only ? oauth::AudienceRule::only : oauth::AudienceRule::contains;
  out.server.typ = asked.tokens == mcp::TokenType::any_jwt ? oauth::TypRule::any : oauth::TypRule::at_jwt;
  out.server.scopes = asked.scopes;
  out.server.includes = asked.includes;
  out.server.name = registry.title.empty() ? registry.name : registry.title;
  out.server.dpop = rule_of(asked.dpop);
  if (asked.dpop_nonces == mcp::DpopNonces::required) out.server.proofs.nonce = oauth::DpopNonce::required;
  out.server.leeway = asked.leeway;
  out.trusted_ca = asked.trusted_ca;
  for (const auto& tool : registry.tools) {
    const auto& scopes = tool.about.options.scopes;
    if (scopes.empty()) continue;
    out.tool_scopes.emplace(tool.about.name, scopes);
    for (const auto& scope : scopes)
      if (std::find(out.server.scopes_supported.begin(), out.server.scopes_supported.end(), scope) == out.server.scopes_supported.end())
        out.server.scopes_supported.push_back(scope);
  }
  return out;
}

Protection::Protection(Loop& loop, ProtectionParts parts)
    : fetcher_(loop, parts.server.issuers, parts.trusted_ca),
      keys_(loop, fetcher_.fetch()),
      server_(keys_, std::move(parts.server)),
      tool_scopes_(std::move(parts.tool_scopes)) {
  if (auto url = net::parse_url(server_.metadata_url())) metadata_path_ = url->target.substr(0, url->target.find('?'));
}

Task<oauth::Verdict> Protection::admit(const net::HttpRequest* http) {
  oauth::Credentials credentials;
  credentials.method = http->method;
  credentials.query = http->query;
  credentials.peer = http->peer_address;
  for (const auto& line : http->headers) {
    if (net::same_header(line.name, "authorization")) credentials.authorization.push_back(line.value);
    if (net::same_header(line.name, "dpop")) credentials.proofs.push_back(line.value);
  }
  oauth::Verdict verdict = co_await server_.authenticate(std::move(credentials));
  if (const auto* refusal = std::get_if<oauth::Refusal>(&verdict)) log(*refusal, http->peer_address);
  co_return verdict;
}

std::optional<oauth::Refusal> Protection::allow(const oauth::Principal& who, const protocol::Inbound& message) {
  std::vector<std::string> needed;
  auto add = [&](const protocol::Message& one) {
    auto tool = called_tool(one);
    auto found = tool ? tool_scopes_.find(*tool) : tool_scopes_.end();
    if (found != tool_scopes_.end()) needed.insert(needed.end(), found->second.begin(), found->second.end());
  };
  if (message.kind == protocol::InboundKind::batch) {
    for (const auto& one : message.batch)
      if (one) add(*one);
  } else if (!tool_scopes_.empty()) {
    add(message.message);
  }
  auto refusal = server_.allow(who, needed);
  if (refusal) log(*refusal, "client " + who.client_id);
  return refusal;
}

// Nothing of the token is in it, and what a peer wrote only as far as it was checked.
void Protection::log(const oauth::Refusal& refusal, std::string_view peer) {
  constexpr int kLinesPerSecond = 10;
  if (refusal.status == 401 && refusal.error.empty()) return;  // the ordinary beginning
  base::Instant now = base::Timers::now();
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
}

Task<void> Admission::serve_metadata(net::HttpExchange& exchange) const {
  const HttpHeader headers[] = {{"Content-Type", "text/plain"}};
  std::span<const HttpHeader> lines(headers);
  co_await exchange.respond(404, lines, "There is no metadata here.\n");
}

bool Protection::is_metadata(std::string_view path) const { return path == oauth::kResourceMetadataPath || path == metadata_path_; }

Task<void> Protection::serve_metadata(net::HttpExchange& exchange) const {
  std::string_view method = exchange.request().method;
  const bool reads = method == "GET" || method == "HEAD";
  const bool asks = method == "OPTIONS";
  const HttpHeader headers[] = {{"Access-Control-Allow-Origin", "*"},
                                {"Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"},
                                {"Access-Control-Allow-Headers", "MCP-Protocol-Version"},
                                {"Allow", "GET, HEAD, OPTIONS"},
                                {"Cache-Control", "public, max-age=300"},
                                {"Content-Type", "application/json"}};
  std::span<const HttpHeader> lines(headers);
  const int status = reads ? 200 : asks ? 204 : 405;
  std::string_view body = reads ? std::string_view(server_.metadata()) : std::string_view();
  if (!reads) lines = lines.first(4);
  co_await exchange.respond(status, lines, body);
}

Task<void> refuse(net::HttpExchange& exchange, oauth::Refusal refusal, std::string_view origin) {
  std::vector<HttpHeader> headers{{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
  for (const auto& [name, value] : refusal.headers) headers.push_back({name, value});
  if (!origin.empty()) {
    headers.push_back({"Access-Control-Allow-Origin", origin});
    headers.push_back({"Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce, Retry-After"});
    headers.push_back({"Vary", "Origin"});
  }
  std::span<const HttpHeader> lines(headers);
  co_await exchange.respond(refusal.status, lines, refusal.body);
}

}  // namespace sdk
