// Short-lived JWTs for internal services, signed with keys that follow from one secret.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/record.h"
#include "base/secret.h"
#include "mcp/result.h"
#include "oauth/jwt_sign.h"

namespace authz {

struct MintOptions {
  std::string issuer;                  // our own URL
  std::vector<std::string> audiences;  // whom tokens may be for
  std::chrono::seconds life{300};      // at most kLongest
  bool operator==(const MintOptions&) const = default;
};

struct MintedToken {
  base::Secret<std::string> text;
  std::chrono::seconds life{0};
};

// Signs with ES256. The keys are made of the secret and the number of the period (kPeriod long): instances with one secret have one key at
// a time, and nothing is kept anywhere. Published are those of the period before, of this one, and of the next, so that who verifies
// has a key before it signs. Another secret is another set of keys, at once.
// Threads: one.
class TokenMint {
 public:
  using Time = std::chrono::system_clock::time_point;
  static constexpr std::chrono::seconds kLongest{900};
  static constexpr std::chrono::hours kPeriod{24 * 7};

  TokenMint(base::Secret<std::string> secret, MintOptions options) : secret_(std::move(secret)), options_(std::move(options)) {}

  // A token (RFC 9068: `typ` at+jwt) for one audience that says who `who` is. Errors: invalid_argument (no such audience), internal.
  mcp::Result<MintedToken> mint(const base::Principal& who, std::string_view audience, Time now);
  // The JWK Set with the public keys. Errors: internal.
  mcp::Result<std::string> jwks(Time now);

  const MintOptions& options() const { return options_; }

 private:
  mcp::Result<oauth::SigningKey> key_of(std::int64_t period);

  base::Secret<std::string> secret_;
  MintOptions options_;
  std::map<std::int64_t, oauth::SigningKey> keys_;  // of the periods that are published
};

}  // namespace authz
