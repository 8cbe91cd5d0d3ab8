// What the mpak registry says of a package's level in the mpak Trust Framework (MTF).
#pragma once
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace trust {

// Advice of others: a high level allows nothing by itself.
struct Mtf {
  std::string name;   // of the package, as written there
  int level = 0;      // 1 to 4; 0: scanned, and of no level
  std::string score;  // controls passed of all, such as `21/22`; empty where it does not say
};

// Reads an answer of `/v1/bundles/@owner/name`: the package's name, and its certification.
// Errors: invalid_argument (not such an answer); not_found (a package that was never scanned: nothing is known of it).
mcp::Result<Mtf> parse_mtf(std::string_view json);

}  // namespace trust
