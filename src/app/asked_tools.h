// What commands ask a gateway: its tools as a client gets them, what these cost, and its pages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "app/asked_gateway.h"
#include "mcp/client.h"

namespace app {

// The tools of the MCP endpoint `url` of this gateway, to a client that calls itself `client`. Blocks. Errors: those of mcp::Client.
mcp::Result<std::vector<mcp::ToolInfo>> list_tools(const AskedGateway& gateway, const std::string& url, std::string_view client);

// Tokens of what a client hands to a model of it, in o200k_base.
std::size_t cost_of(const mcp::ToolInfo& tool);

// A page of the gateway as text, also one that says 503, as it says why. Blocks. Errors: upstream_failed (another status), and those of
// the connection.
mcp::Result<std::string> read_page(const AskedGateway& gateway, std::string_view path);

}  // namespace app
