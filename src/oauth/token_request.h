// Requests to a token endpoint and their answers (OAuth 2.1 section 3.2; RFC 7523 for assertions).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/secret.h"
#include "mcp/auth.h"
#include "mcp/result.h"
#include "oauth/fetcher.h"
#include "oauth/form.h"
#include "oauth/jwt_sign.h"
#include "oauth/metadata.h"

namespace oauth {

enum class AuthMethod { none, client_secret_basic, client_secret_post, private_key_jwt };

// The name as metadata writes it.
std::string_view method_name(AuthMethod method);
std::optional<AuthMethod> find_method(std::string_view name);

// A client identifier, valid at one authorization server, and what proves it.
struct ClientIdentity {
  std::string id;
  base::Secret<std::string> secret;
  std::optional<SigningKey> key;
  std::string key_id;
  // What the registration said; nothing: chosen by what the server offers.
  std::optional<AuthMethod> method;
};

// A client as it is configured. Errors: invalid_argument (a key that cannot be read, a method that is none).
mcp::Result<ClientIdentity> identity_of(const mcp::OAuthClient& client);

// How the client proves itself at `server`: as registered, else the best of what it has and the server offers: a signed assertion,
// its secret by Basic, its secret in the body, nothing. A server that names no method does Basic (RFC 8414 section 2).
// Error: unauthenticated, when they have no method in common.
mcp::Result<AuthMethod> choose_method(const ClientIdentity& client, const ServerMetadata& server);

struct TokenRequest {
  Form form;
  FetchHeaders headers;
};

// Adds to `request` what proves the client. An assertion is for the issuer and good for a minute. `now` is in seconds since the epoch.
// Errors: unauthenticated (as choose_method, or no algorithm in common), internal.
mcp::Result<> prove_client(const ClientIdentity& client, const ServerMetadata& server, std::int64_t now, TokenRequest& request);

// Tokens, as they came.
struct TokenAnswer {
  base::Secret<std::string> access;
  base::Secret<std::string> refresh;  // empty: none
  enum class Type { bearer, dpop, not_for_access } type = Type::bearer;
  std::string issued_type;                 // of a token exchange
  std::optional<std::int64_t> expires_in;  // seconds, at least 0 and at most a year
  std::optional<Scopes> scopes;            // nothing: those that were asked for
};

// The server's no.
struct TokenRefusal {
  std::string error;  // "invalid_grant", …
  std::string description;

  std::string text() const { return description.empty() ? error : error + ": " + description; }
};

using TokenOutcome = std::variant<TokenAnswer, TokenRefusal>;

// Errors: upstream_failed, when the answer is neither of the two. No message quotes the body.
mcp::Result<TokenOutcome> read_token_outcome(int status, std::string_view body);

}  // namespace oauth
