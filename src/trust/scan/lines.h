// Definitions in bulk: one JSON object a line in, one JSON object a line out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mcp/result.h"
#include "trust/scan/definitions.h"

namespace trust {

// What one line came to.
struct ScannedLine {
  Tier tier = Tier::clean;
  std::string json;  // {"tier":…,"findings":[…]}, without a line break
};

// `line` is {server, tool, description, …} or {text}; every other member is scanned, too. `number` counts from 1, for errors.
// Errors: invalid_argument (no JSON object, or one without a text to scan).
mcp::Result<ScannedLine> scan_line(std::string_view line, std::size_t number, const Neighbours& neighbours);

// {"id":…,"tier":…,"where":…,"begin":…,"end":…,"reason":…}
std::string finding_json(const Finding& finding);

}  // namespace trust
