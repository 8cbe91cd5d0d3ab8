// DPoP proofs (RFC 9449), as the client makes them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "mcp/result.h"
#include "net/url.h"
#include "oauth/jwt_sign.h"

namespace oauth {

// Makes a fresh proof for each request, with the nonce that the server last gave.
// Threads: one loop only.
class DpopProver {
 public:
  explicit DpopProver(SigningKey key) : key_(std::move(key)) {}

  // `access_token` is empty at the token endpoint. `now` is in seconds since the epoch. Errors: internal.
  mcp::Result<std::string> proof(std::string_view method, const net::Url& url, std::string_view access_token, std::int64_t now) const;
  // The server of `origin` (Url::origin) wants this nonce from now on. Ones that are too long are ignored, as are those of more
  // than 16 origins.
  void heard(const std::string& origin, std::string_view nonce);
  const SigningKey& key() const { return key_; }

 private:
  SigningKey key_;
  std::map<std::string, std::string> nonces_;
};

}  // namespace oauth
