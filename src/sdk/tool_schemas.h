// The schemas of a tool at work: arguments are checked before a handler sees them, results before they leave.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mcp/server.h"
#include "protocol/json_schema/json_schema.h"

namespace sdk {

using mcp::Result;

// The schemas of one tool, compiled. Immutable; threads: any.
class ToolSchemas {
 public:
  // Errors: as protocol::JsonSchema::compile, with which of the two schemas it is.
  static Result<std::shared_ptr<const ToolSchemas>> compile(const mcp::RawTool& tool);

  // Errors: invalid_argument, which names each wrong argument and what it must be; too_large when the check gave up.
  Result<> check_input(const mcp::Json& arguments) const;
  // `result` is a CallToolResult as text. One with isError is right as it is (Tools, "Output Schema").
  // Errors: internal, what is wrong with structuredContent.
  Result<> check_output(std::string_view result) const;

 private:
  explicit ToolSchemas(protocol::JsonSchema input) : input_(std::move(input)) {}

  protocol::JsonSchema input_;
  std::optional<protocol::JsonSchema> output_;
};

// `entry.run` between these checks. A result that breaks its schema is logged, and becomes a result with isError: the caller must not
// get what the tool promised not to send.
void check_by_schemas(mcp::detail::ToolEntry& entry, std::shared_ptr<const ToolSchemas> schemas);

}  // namespace sdk
