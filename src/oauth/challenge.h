// WWW-Authenticate lines (RFC 9110 section 11.6.1), as a client reads them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/result.h"

namespace oauth {

// One way to authenticate that a server offers.
struct SeenChallenge {
  std::string scheme;                                           // lower case
  std::string token68;                                          // what some schemes have in place of parameters
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case, values without their quotes

  std::optional<std::string_view> find(std::string_view name) const;
};

// The challenges of one header line, which may hold several. At most 16 challenges of 32 parameters each.
// Errors: invalid_argument, with the place; a parameter that comes twice in a challenge is one.
mcp::Result<std::vector<SeenChallenge>> parse_challenges(std::string_view line);

}  // namespace oauth
