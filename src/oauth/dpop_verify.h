// Proofs of possession (DPoP, RFC 9449) as a resource server checks them.
#pragma once

#include <chrono>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "mcp/result.h"
#include "oauth/jwt.h"
#include "oauth/sha256.h"

namespace oauth {

enum class DpopNonce {
  none,
  required,  // a proof must hold a nonce that was given here
};

struct DpopOptions {
  std::chrono::seconds window{300};      // how far `iat` may be from now, in both directions
  std::size_t most_proofs = 256 * 1024;  // remembered until their window is over, so that none counts twice
  DpopNonce nonce = DpopNonce::none;
  std::chrono::seconds nonce_life{120};  // a nonce is good for one to two of these
};

// What a proof must fit.
struct DpopFacts {
  std::string_view method;  // of the HTTP request
  std::string_view url;     // of the resource, from configuration; query and fragment do not count
  std::string_view token;   // the access token
  std::string_view jkt;     // the thumbprint that the token is bound to
};

// Threads: one. Several verifiers do not know of each other's proofs; a proof could then be used once with each.
class DpopVerifier {
 public:
  explicit DpopVerifier(DpopOptions options = {});
  ~DpopVerifier();
  DpopVerifier(const DpopVerifier&) = delete;
  DpopVerifier& operator=(const DpopVerifier&) = delete;

  // Whether `proof` is one, for exactly this request, and new. A proof that is good is remembered.
  // Errors: unauthenticated (says which check failed), conflict (it needs a nonce, or a newer one: give nonce()),
  // rate_limited (too many proofs are remembered; the request may be sent again later).
  mcp::Result<> verify(std::string_view proof, const DpopFacts& facts, WallTime now);

  // What a proof may hold as its nonce from now on.
  std::string nonce(WallTime now) const;
  DpopNonce nonce_rule() const { return options_.nonce; }

 private:
  mcp::Result<> check_nonce(std::string_view nonce, WallTime now) const;
  mcp::Result<> remember(std::string_view jkt, std::string_view jti, std::int64_t iat, std::int64_t now);
  std::string nonce_of(std::int64_t period) const;

  DpopOptions options_;
  std::string nonce_key_;
  using Until = std::pair<std::int64_t, Sha256>;
  std::unordered_set<Sha256, Sha256Hash> seen_;
  std::priority_queue<Until, std::vector<Until>, std::greater<>> ends_;
};

// `url` in the spelling in which two are compared: no query, no fragment, host in lower case, no port that is the scheme's own, escapes
// only where needed and in upper case (RFC 3986 section 6.2.2). Errors: invalid_argument.
mcp::Result<std::string> normal_htu(std::string_view url);

}  // namespace oauth
