// The authorization code flow as data: the address where a person signs in, and what may be believed of the way back
// (OAuth 2.1 section 4.1, PKCE by RFC 7636, RFC 8707, RFC 9207).
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "mcp/result.h"
#include "oauth/metadata.h"

namespace oauth {

// What is remembered of a sign-in while the person is away. Written down before they are sent there, and used once.
struct PendingSignIn {
  std::string issuer;  // of the authorization server that was asked
  enum class Iss { must_come, may_come } iss = Iss::may_come;
  std::string redirect_uri;
  std::string state;
  base::Secret<std::string> verifier;
};

struct SignInRequest {
  std::string client_id;
  std::string redirect_uri;
  std::string scope;  // empty: left out
  std::string resource;
};

struct SignInStart {
  std::string url;
  PendingSignIn pending;
};

// Fresh state and verifier, and the address to visit. Error: upstream_failed, when the server has no authorization endpoint or does
// not say that it does PKCE with S256.
mcp::Result<SignInStart> start_sign_in(const ServerMetadata& server, const SignInRequest& request);

// The code that came back. `redirected_to` is the whole URL.
// Errors: denied (the state, the issuer or the place is not what was expected: then nothing of the answer is repeated, as it may be an
// attacker's; or the server says access_denied), invalid_argument (no redirect at all), upstream_failed (another error of the server).
mcp::Result<base::Secret<std::string>> read_redirect(std::string_view redirected_to, const PendingSignIn& pending);

// The S256 challenge of a verifier.
std::string code_challenge(std::string_view verifier);

// A text of a server as part of a message: printable ASCII only, at most 200 characters.
std::string quotable(std::string_view text);

}  // namespace oauth
