// Protect: a server whose callers sign in, as an OAuth 2.1 resource server.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mcp {

// Who is calling, as the issuer of their access token says. Empty on stdio and where the server is not protected.
struct Principal {
  std::string issuer;     // the authorization server
  std::string subject;    // whom it names; unique together with the issuer
  std::string client_id;  // the program that acts for them
  std::vector<std::string> scopes;

  bool signed_in() const { return !issuer.empty(); }
  bool has_scope(std::string_view scope) const { return std::find(scopes.begin(), scopes.end(), scope) != scopes.end(); }
};

// What the `typ` of a token may be.
enum class TokenType {
  access_token,  // at+jwt, with all claims that RFC 9068 requires
  any_jwt,       // also JWT or nothing, for issuers that do not follow RFC 9068; needs an audience that only access tokens have
};

// Tokens bound to a key of the client (DPoP, RFC 9449).
enum class Dpop { off, allowed, required };
// Whether proofs must hold a nonce of this server: one more round trip now and then, and proofs made ahead of time are worth nothing.
enum class DpopNonces { none, required };

// Tokens with more than one audience.
enum class Audiences {
  any,   // good when this server is one of them
  only,  // refused unless all of them are this server
};

// What a caller has to show. Tokens are JWTs, signed with RS256, PS256, ES256, ES384 or EdDSA; the keys come from the issuer's metadata
// and are fetched again as they rotate.
struct Protection {
  // The public URL of the MCP endpoint, as clients write it. Tokens must name it as their audience (RFC 8707), and it is never taken from
  // a request. https; http for this machine only.
  std::string resource;
  // The authorization servers whose tokens are accepted, exactly as they call themselves. https; http for this machine only.
  std::vector<std::string> issuers;
  // What every request needs; tools may need more, see ToolOptions::scopes.
  std::vector<std::string> scopes = {};
  // Scopes that contain others: {{"admin", {"read", "write"}}}.
  std::vector<std::pair<std::string, std::vector<std::string>>> includes = {};
  // Other names of this server as an audience, for issuers that do not write its URL.
  std::vector<std::string> audiences = {};
  Audiences several_audiences = Audiences::any;
  TokenType tokens = TokenType::access_token;
  Dpop dpop = Dpop::off;
  DpopNonces dpop_nonces = DpopNonces::none;
  // How far the clocks of issuer, client and server may be apart.
  std::chrono::seconds leeway{30};
  // A file of PEM certificates to trust beside the system's when keys are fetched.
  std::string trusted_ca = {};
};

}  // namespace mcp
