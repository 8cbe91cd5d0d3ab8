// Tool arguments that travel in headers too: the `x-mcp-header` mark in a tool's input schema (HTTP, "Custom headers").
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/result.h"
#include "protocol/errors.h"

namespace protocol {

enum class ParamType { string, integer, boolean };

// One marked property: where it stands in the arguments, and its header.
struct ParamHeader {
  std::vector<std::string> path;  // keys from the root of the arguments
  std::string header;             // the whole name: Mcp-Param-Region
  ParamType type = ParamType::string;
};
using ToolHeaders = std::vector<ParamHeader>;

using Header = std::pair<std::string, std::string>;
// The value of a header by its name, whatever its case; nothing when it is absent.
using HeaderLookup = std::function<std::optional<std::string_view>(std::string_view name)>;

// The marked properties of `input_schema` (JSON text). Error: invalid_argument with the reason for which a client must leave the
// tool out: an empty or malformed name, the same name twice in any case, a type other than string, integer and boolean, a mark
// that is not reached by `properties` alone.
mcp::Result<ToolHeaders> tool_header_map(std::string_view input_schema);

// The headers that a client sends with these arguments. A null or absent argument has none.
// Error: invalid_argument when a value is not of its type, or an integer is outside of +-(2^53-1).
mcp::Result<std::vector<Header>> param_headers(const ToolHeaders& tool, std::string_view arguments);

// A server's check of them against the body. Integers are compared as numbers. Headers that the tool does not name are left alone.
// Error: kHeaderMismatch, status 400.
RpcCheck check_param_headers(const ToolHeaders& tool, std::string_view arguments, const HeaderLookup& lookup);

}  // namespace protocol
