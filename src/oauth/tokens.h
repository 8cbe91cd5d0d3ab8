// Tokens that were obtained, and how a TokenStore keeps them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "mcp/result.h"
#include "oauth/scopes.h"

namespace oauth {

struct Tokens {
  std::string issuer;     // the authorization server that gave them; they are never shown to another one
  std::string resource;   // what they are for, as it was named to that server
  std::string client_id;  // whom they were given to
  base::Secret<std::string> access;
  base::Secret<std::string> refresh;  // empty: none
  enum class Kind { bearer, dpop } kind = Kind::bearer;
  std::optional<std::int64_t> renew_at;  // seconds since the epoch; a little before the end, so that a clock that is off does no harm
  Scopes granted;
  Scopes asked;                        // all that were asked for so far
  base::Secret<std::string> dpop_key;  // PEM; empty for bearer tokens

  // To be renewed before it is used at `now`.
  bool stale(std::int64_t now) const { return renew_at && *renew_at <= now; }
};

std::string record_of(const Tokens& tokens);
// Errors: invalid_argument.
mcp::Result<Tokens> tokens_of(std::string_view record);

}  // namespace oauth
