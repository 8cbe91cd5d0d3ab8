// JSON Web Tokens as a resource server reads them: compact JWS (RFC 7515), its signature, and the claims of an access token (RFC 7519,
// 9068).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"
#include "oauth/jwk.h"
#include "oauth/principal.h"

namespace oauth {

// Longer texts are refused before anything of them is read.
inline constexpr std::size_t kMaxJwtBytes = 16 * 1024;

// A compact JWS, taken apart and not verified: until verify_signature() has said yes, nothing in it is known to be true.
struct Jws {
  Alg alg = Alg::rs256;
  std::string typ;                 // lower case, without "application/"; empty where there is none
  std::optional<std::string> kid;  // which key; a hint of whoever wrote it
  std::string jwk;                 // the embedded key as JSON text, or empty. For proofs of possession; a token's is never used
  std::string payload;             // decoded; any bytes
  std::string signature;           // decoded
  std::string_view signed_part;    // slice of the text that was given
};

// Reads `text`. Strict: three parts in base64url of one spelling, a header that is a JSON object without doubled members, an `alg` that is
// accepted, and no `crit` (no extension is understood). Links to keys in it (jku, x5u, x5c) are not followed.
// Errors: too_large, invalid_argument; they say which check failed and hold no part of the text but names.
mcp::Result<Jws> parse_jws(std::string_view text);

// Whether `key` made the signature of `jws`. The key's own type and `alg` decide, not the token: a key that does not serve jws.alg
// verifies nothing. ECDSA signatures must have exactly the length of their curve.
// Errors: unauthenticated. `text` of parse_jws must still live.
mcp::Result<> verify_signature(const Jws& jws, const Jwk& key);

// What verifying once costs, about, on one core; for budgets.
std::chrono::microseconds cost_of(Alg alg);

// The claims that matter. A claim of the wrong type makes the token invalid, not the claim absent.
struct Claims {
  std::string iss, sub, client_id, azp, jti;
  std::vector<std::string> aud;
  std::vector<std::string> scopes;            // of `scope` (words) or `scp` (words or list)
  std::optional<std::int64_t> exp, nbf, iat;  // seconds since the epoch, fractions cut off
  std::string jkt;                            // cnf.jkt: the key that the token is bound to (RFC 9449 section 6)
  bool bound_otherwise = false;               // cnf names a kind of proof that is not known here, such as a TLS certificate
};

// Errors: invalid_argument (no object, doubled members, a type that is wrong, over a limit).
mcp::Result<Claims> parse_claims(std::string_view json);

// Which `typ` an access token may have.
enum class TypRule {
  at_jwt,  // "at+jwt", and all claims of RFC 9068 section 2.2
  any,     // also "JWT" and none; for issuers that do not follow RFC 9068
};
enum class AudienceRule {
  contains,  // one of the audiences is ours
  only,      // all of them are
};

struct TokenRules {
  std::string issuer;
  std::vector<std::string> audiences;  // our names; compared byte by byte
  AudienceRule audience_rule = AudienceRule::contains;
  TypRule typ = TypRule::at_jwt;
  std::chrono::seconds leeway{30};
};

// Whether an access token with these claims is for us, from that issuer, and good at `now`.
// Errors: unauthenticated, saying which check failed.
mcp::Result<> check_claims(const Claims& claims, std::string_view typ, const TokenRules& rules, WallTime now);

// When the token with these claims ends, leeway included. `claims` must have passed check_claims.
WallTime end_of(const Claims& claims, std::chrono::seconds leeway);

}  // namespace oauth
