// What find_tools answers: a line for each tool, or where to look instead.
#pragma once

#include <functional>
#include <string>

#include "disclosure/index.h"
#include "disclosure/tool.h"

namespace disclosure {

// The tool of a hit, or null when it is gone since. The views must be good until find_answer returns.
using ToolOfHit = std::function<const ToolView*(const Hit&)>;

// A signature line for each hit and `3 of 17 match` at the end, so that the model knows that there is more; or, where nothing
// was found, the nearest servers and what to try. Plain text, without a line break at its end.
std::string find_answer(const Query& query, const Found& found, const ToolOfHit& tool_of);

}  // namespace disclosure
