// Keys of our own, and the JWTs that are signed with them: client assertions and DPoP proofs (RFC 7515, 7517, 7638).
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "mcp/result.h"
#include "oauth/jwk.h"

namespace oauth {

// A private key that signs. Cheap to copy; immutable. Threads: any.
class SigningKey {
 public:
  // Reads a PEM file's text with a private key: EC on P-256 or P-384, RSA of 2048 bits or more, Ed25519.
  // Errors: invalid_argument; never says what is in the key.
  static mcp::Result<SigningKey> from_pem(std::string_view pem);
  // A fresh key on P-256, for ES256. Errors: internal (no random bytes).
  static mcp::Result<SigningKey> make_es256();

  // What it signs with, unless told otherwise. An RSA key can both RS256 and PS256.
  Alg alg() const { return algs_.front(); }
  const std::vector<Alg>& algs() const { return algs_; }
  // The public key as a JWK: the required members only, in the order of their names.
  const boost::json::object& public_jwk() const { return public_; }
  // RFC 7638 with SHA-256, in base64url.
  const std::string& thumbprint() const { return thumbprint_; }
  // PKCS #8 in PEM. Errors: internal.
  mcp::Result<base::Secret<std::string>> pem() const;

  // A JWT in the compact form. `header` gets its `alg`. Errors: invalid_argument (the key cannot do `alg`), internal.
  mcp::Result<std::string> sign(boost::json::object header, const boost::json::object& claims, Alg alg) const;
  mcp::Result<std::string> sign(boost::json::object header, const boost::json::object& claims) const {
    return sign(std::move(header), claims, alg());
  }

 private:
  static mcp::Result<SigningKey> of(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  std::vector<Alg> algs_;
  boost::json::object public_;
  std::string thumbprint_;
};

// 32 random bytes in base64url: 43 characters. For states, verifiers and identifiers of JWTs.
std::string random_token();

}  // namespace oauth
