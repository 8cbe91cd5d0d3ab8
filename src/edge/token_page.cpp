#include "edge/token_page.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/log.h"
#include "gateway/key_gate.h"
#include "oauth/form.h"

namespace edge {
namespace {

using mcp::Code;
using mcp::Task;

constexpr std::size_t kMostForm = 8 * 1024;

struct Answer {
  int status = 200;
  std::string body;
  std::string challenge;
};

// An error of RFC 6749 section 5.2.
Answer refused(int status, std::string_view error, std::string_view why) {
  Answer out{status, fmt::format(R"({{"error":{},"error_description":{}}})", base::quoted(error), base::quoted(why)), {}};
  if (status == 401) out.challenge = "Bearer realm=\"gatehouse\"";
  return out;
}

Answer token_answer(const TokenParts& parts, const net::HttpRequest& request) {
  if (request.body.size() > kMostForm) return refused(400, "invalid_request", "the form is too large");
  auto form = oauth::read_form(request.body);
  if (!form) return refused(400, "invalid_request", form.error().message);
  const std::string* grant = oauth::find(*form, "grant_type");
  if (!grant || *grant != "client_credentials") return refused(400, "unsupported_grant_type", "grant_type must be client_credentials");
  const std::string* secret = oauth::find(*form, "client_secret");
  const std::optional<std::string_view> bearer = gateway::find_bearer(request);
  if (request.count("authorization") > 0 ? !bearer || secret : !secret)
    return refused(401, "invalid_client", "bring one API key: Authorization: Bearer, or client_secret");
  auto who = parts.whose(bearer ? *bearer : std::string_view(*secret));
  if (!who && who.error().code == Code::unavailable) return refused(503, "temporarily_unavailable", who.error().leaving());
  if (!who) {
    base::log::warn("a request for a token was refused", {{"why", who.error().message}, {"peer", request.peer_address}});
    return refused(401, "invalid_client", "the API key is not good");
  }
  const std::string *audience = oauth::find(*form, "audience"), *resource = oauth::find(*form, "resource");
  if ((audience != nullptr) == (resource != nullptr))
    return refused(400, "invalid_target", "name one audience: a token is for one service");
  auto token = parts.mint->mint(**who, audience ? *audience : *resource, std::chrono::system_clock::now());
  if (!token) return refused(token.error().code == Code::invalid_argument ? 400 : 500, "invalid_target", token.error().leaving());
  base::log::info("a token was made", {{"caller", (*who)->id}, {"audience", audience ? *audience : *resource}});
  return {200,
          fmt::format(R"({{"access_token":{},"token_type":"Bearer","expires_in":{}}})", base::quoted(token->text.reveal()),
                      token->life.count()),
          {}};
}

Answer answer(const TokenParts& parts, const net::HttpRequest& request) {
  if (request.path == kTokenPath) {
    if (request.method != "POST") return refused(405, "invalid_request", "use POST");
    return token_answer(parts, request);
  }
  if (request.method != "GET" && request.method != "HEAD") return refused(405, "invalid_request", "use GET");
  auto keys = parts.mint->jwks(std::chrono::system_clock::now());
  return keys ? Answer{200, *std::move(keys), {}} : refused(500, "server_error", "the keys cannot be made");
}

}  // namespace

Task<void> serve_tokens(const TokenParts* parts, net::HttpExchange* exchange) {
  const Answer page = answer(*parts, exchange->request());
  const bool keys = exchange->request().path == kJwksPath && page.status == 200;
  std::vector<net::HttpHeader> headers{{"Content-Type", "application/json"},
                                       {"X-Content-Type-Options", "nosniff"},
                                       {"Cache-Control", keys ? "public, max-age=3600" : "no-store"}};
  if (keys) headers.push_back({"Access-Control-Allow-Origin", "*"});
  if (!page.challenge.empty()) headers.push_back({"WWW-Authenticate", page.challenge});
  std::span<const net::HttpHeader> lines(headers);
  co_await exchange->respond(page.status, lines, page.body);
}

}  // namespace edge
