// Whom an attestation may be signed by: certificate authorities and logs, as a trusted_root.json of Sigstore names them.
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace trust {

// Seconds since the epoch.
struct Validity {
  std::int64_t from = 0;
  std::int64_t to = std::numeric_limits<std::int64_t>::max();
  bool holds(std::int64_t when) const { return when >= from && when <= to; }
};

struct TrustedRoot {
  struct Authority {
    std::vector<std::string> chain;  // X.509 in DER, the root last
    Validity valid;
  };
  struct Log {
    std::string id;   // SHA-256 of the key
    std::string key;  // SubjectPublicKeyInfo in DER
    Validity valid;
  };
  std::vector<Authority> authorities;
  std::vector<Log> logs;

  // Sigstore's public ones, that this program was built with (data/sigstore_root.json).
  static const TrustedRoot& shipped();
};

// Errors: invalid_argument, with the member.
mcp::Result<TrustedRoot> parse_trusted_root(std::string_view json);

// `2021-01-12T11:53:27Z`, with a fraction or without, in seconds since the epoch. Errors: invalid_argument.
mcp::Result<std::int64_t> parse_time(std::string_view text);

}  // namespace trust
