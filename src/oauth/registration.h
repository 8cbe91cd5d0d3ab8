// Dynamic Client Registration (RFC 7591), deprecated in MCP, and how registered clients are kept.
#pragma once

#include <string>
#include <string_view>

#include "mcp/auth.h"
#include "mcp/result.h"
#include "oauth/token_request.h"

namespace oauth {

struct RegistrationRequest {
  std::string client_name;
  std::string redirect_uri;  // empty for grants without a browser
  mcp::OAuth::Kind kind = mcp::OAuth::Kind::native;
};

// The body to send to the registration endpoint: a public client where the server takes those, with refresh tokens.
std::string registration_body(const RegistrationRequest& request, const ServerMetadata& server);

// Errors: unauthenticated (refused; quotes the server's error), upstream_failed (an answer that makes no sense), unavailable (5xx).
mcp::Result<ClientIdentity> read_registration(int status, std::string_view body);

// A client that was registered, as a TokenStore keeps it; with the redirect URI that it was registered for.
struct RegisteredClient {
  ClientIdentity client;
  std::string redirect_uri;
};
std::string record_of(const RegisteredClient& registered);
// Errors: invalid_argument.
mcp::Result<RegisteredClient> registered_of(std::string_view record);

}  // namespace oauth
