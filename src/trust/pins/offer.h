// What a server offers, as a file holds it: for comparing two of them.
#pragma once

#include <string_view>
#include <vector>

#include "mcp/result.h"
#include "trust/pins/pin.h"

namespace trust {

inline constexpr std::size_t kLargestOffer = 64 * 1024 * 1024;  // bytes

// Reads a JSON text: a list of definitions; an object with `tools`, `prompts`, `resources`, `resourceTemplates` (a result, or a whole
// response with one), `instructions`, `serverInfo` or `capabilities`; or one definition. A name in place of a definition is one that holds
// nothing else. Every other member is a pin of its own, but for what belongs to one transport of a list (cursors, lifetimes).
// Errors: invalid_argument (no JSON, neither a list nor an object, too large, or an entry that is neither a name nor an object).
mcp::Result<std::vector<Pin>> read_offer(std::string_view text);

}  // namespace trust
