// Whether what a tool gave is what its output schema promises. For both ends of a call.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "mcp/content.h"
#include "mcp/result.h"
#include "protocol/json_schema/json_schema.h"

namespace sdk {

// Checks the structuredContent of `result`, a CallToolResult as JSON text, against `schema` (Tools, "Output Schema"). A result with
// isError need not have any. Errors: internal, with the place and what must stand there.
mcp::Result<> check_structured_content(const protocol::JsonSchema& schema, std::string_view result);
mcp::Result<> check_structured_content(const protocol::JsonSchema& schema, const mcp::ToolResult& result);

// The same for the client of servers that it does not know: each schema is compiled once, for as long as it stays the same.
// Threads: one.
class OutputChecks {
 public:
  // `schema` is the outputSchema of `tool` as it was listed; empty, and all is right. A schema that cannot be compiled here (of another
  // dialect, or with references to the network) checks nothing: the server may know it, and its word is all there is.
  // Errors: upstream_failed, with the tool, the place and what must stand there.
  mcp::Result<> check(const std::string& tool, const std::string& schema, const mcp::ToolResult& result);

 private:
  struct Compiled {
    std::string text;
    std::optional<protocol::JsonSchema> schema;
  };
  static constexpr std::size_t kMost = 1000;
  std::map<std::string, Compiled, std::less<>> by_tool_;
};

}  // namespace sdk
