// Tokens for internal services: what their keys are, and how a caller with an API key gets one.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "access/keys/token_mint.h"
#include "base/record.h"
#include "mcp/task.h"
#include "net/http_server.h"

namespace edge {

inline constexpr std::string_view kJwksPath = "/.well-known/jwks.json", kTokenPath = "/oauth/token";

// Both live as long as what uses them. Called on the server's loop.
struct TokenParts {
  authz::TokenMint* mint = nullptr;
  // Whose key this is. Errors: unauthenticated, unavailable.
  std::function<mcp::Result<std::shared_ptr<const base::Principal>>(std::string_view key)> whose;
};

// Answers a request for one of the two paths: the JWK Set, or a token of the grant client_credentials (RFC 6749 section 4.4), for the one
// audience that `audience` or `resource` (RFC 8707) names. The key comes as `Authorization: Bearer` or as `client_secret`.
// Errors: as HttpExchange::respond.
mcp::Task<void> serve_tokens(const TokenParts* parts, net::HttpExchange* exchange);

}  // namespace edge
