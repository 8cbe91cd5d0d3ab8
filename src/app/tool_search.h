// The tools that fit some words, for `gatehouse tools QUERY`.
#pragma once

#include <string>
#include <vector>

#include "mcp/client.h"

namespace app {

// As find_tools ranks them, at most 20 and the best first; all of them in their own order where `query` is empty.
std::vector<mcp::ToolInfo> fitting_tools(std::vector<mcp::ToolInfo> tools, const std::string& query);

}  // namespace app
