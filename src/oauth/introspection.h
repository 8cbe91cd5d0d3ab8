// Asking an issuer what a token is that says nothing by itself (RFC 7662).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "oauth/fetcher.h"
#include "oauth/principal.h"

namespace oauth {

struct IntrospectionOptions {
  std::string issuer;
  std::string client;  // whom the issuer knows us as
  base::Secret<std::string> secret;
  std::string trusted_ca;  // a file of PEM certificates to trust beside the system's; may be empty
  Millis time{5'000};
  std::size_t most_at_once = 64;

  bool operator==(const IntrospectionOptions&) const = default;
};

// Finds the endpoint by the issuer's metadata, once, and asks it. Keeps nothing of tokens.
// Threads: one loop. Lifetime: outlives the Tasks it gave.
class Introspector {
 public:
  Introspector(Loop& loop, IntrospectionOptions options);

  // The claims of a token that is good now, as a JSON object with `iss`, `sub` and `exp`: what the issuer leaves out of these is its own
  // name, the client, and a minute from `now`. Errors: unauthenticated (it is not active, or of another issuer), unavailable (the issuer
  // cannot be asked, or is asked too much already), upstream_failed (an answer that makes no sense).
  Task<std::string> ask(std::string token, WallTime now);

  const std::string& issuer() const { return options_.issuer; }

 private:
  Task<std::string> find_endpoint();

  IntrospectionOptions options_;
  Fetcher fetcher_;
  std::string endpoint_;
  std::size_t asking_ = 0;
};

// What an introspection endpoint answered, as ask() gives it. Errors: unauthenticated, upstream_failed.
Result<std::string> claims_of_introspection(std::string_view body, std::string_view issuer, WallTime now);

}  // namespace oauth
