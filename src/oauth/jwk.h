// JSON Web Keys (RFC 7517, 7518 section 6, 8037): public keys as JSON, and as OpenSSL has them.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace oauth {

// The signature algorithms that are accepted, all of them asymmetric. What is not in this list does not exist here: no `none`, no HMAC.
enum class Alg { rs256, ps256, es256, es384, eddsa };

inline constexpr Alg kAllAlgs[] = {Alg::rs256, Alg::ps256, Alg::es256, Alg::es384, Alg::eddsa};

// The name as JOSE writes it: "RS256", …, "EdDSA".
std::string_view alg_name(Alg alg);
// Nothing for a name that is not accepted. "Ed25519", the newer name of the same algorithm, is EdDSA.
std::optional<Alg> find_alg(std::string_view name);

// A public key that may verify signatures. Cheap to copy; immutable.
// Threads: any.
class Jwk {
 public:
  // Reads one JWK. Accepted: RSA of 2048 to 8192 bits with an odd exponent of 3 or more, EC on P-256 or P-384 with a point on the curve,
  // OKP with Ed25519. A key whose `use` or `key_ops` is not for signatures, or whose `alg` does not fit its type, is refused. Private
  // members are not read.
  // Errors: invalid_argument, saying what is wrong.
  static mcp::Result<Jwk> parse(std::string_view json);

  // Whether this key may be used with `alg`: by its type, its curve, and its own `alg` where it names one.
  bool serves(Alg alg) const;
  // The `kid`, or nothing.
  const std::optional<std::string>& id() const { return id_; }
  // The thumbprint of RFC 7638 with SHA-256, in base64url.
  const std::string& thumbprint() const { return thumbprint_; }
  evp_pkey_st* key() const { return key_.get(); }

 private:
  enum class Kind { rsa, p256, p384, ed25519 };
  Kind kind_ = Kind::rsa;
  std::optional<Alg> alg_;
  std::optional<std::string> id_;
  std::string thumbprint_;
  std::shared_ptr<evp_pkey_st> key_;
};

// The thumbprint (RFC 7638, SHA-256, base64url) of a JWK, private or public. Errors: as Jwk::parse.
mcp::Result<std::string> jwk_thumbprint(std::string_view json);
// True when the JWK holds a private or symmetric part, so that it must not be shown to anybody. `json` must be valid JSON.
bool has_private_part(std::string_view json);

// The keys of one issuer, as far as they can be used here.
struct JwkSet {
  std::vector<Jwk> keys;
  std::size_t skipped = 0;  // entries that are no usable public key, such as encryption keys and other algorithms
};

inline constexpr std::size_t kMaxJwkSetBytes = 512 * 1024;
inline constexpr std::size_t kMaxJwks = 100;

// Reads a JWK Set. Keys that cannot be used are skipped, as RFC 7517 section 5 wants it.
// Errors: invalid_argument (no JSON, no `keys`), too_large (over the limits above), conflict (two usable keys with one `kid` that serve the
// same algorithm: a token's `kid` would not say which).
mcp::Result<JwkSet> parse_jwk_set(std::string_view json);

}  // namespace oauth
