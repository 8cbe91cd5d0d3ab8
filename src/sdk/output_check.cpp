#include "sdk/output_check.h"

#include "base/json.h"
#include "base/log.h"

namespace sdk {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

Result<> check_structured(const protocol::JsonSchema& schema, std::string_view structured) {
  if (structured.empty()) return Error(Code::internal, "structuredContent is missing, and the tool has an output schema");
  auto tree = base::parse_json(structured);
  if (!tree) return Error(Code::internal, "structuredContent is broken: " + tree.error().message);
  auto verdict = schema.validate(*tree);
  return verdict.valid() ? Result<>() : Error(Code::internal, verdict.text("structuredContent"));
}

}  // namespace

Result<> check_structured_content(const protocol::JsonSchema& schema, std::string_view result) {
  std::string_view structured, is_error;
  base::Members members(result);
  while (members.next()) {
    if (members.key() == "structuredContent") structured = members.value();
    if (members.key() == "isError") is_error = members.value();
  }
  return is_error == "true" ? Result<>() : check_structured(schema, structured);
}

Result<> check_structured_content(const protocol::JsonSchema& schema, const mcp::ToolResult& result) {
  return result.is_error ? Result<>() : check_structured(schema, result.structured);
}

Result<> OutputChecks::check(const std::string& tool, const std::string& schema, const mcp::ToolResult& result) {
  if (schema.empty()) return {};
  auto at = by_tool_.find(tool);
  if (at == by_tool_.end() || at->second.text != schema) {
    if (by_tool_.size() >= kMost) by_tool_.clear();
    protocol::SchemaOptions options;
    options.patterns = protocol::PatternUse::ignore;
    auto compiled = protocol::JsonSchema::compile(schema, options);
    if (!compiled) base::log::warn("an output schema is not checked", {{"tool", tool.substr(0, 200)}, {"why", compiled.error().message}});
    Compiled entry{schema, compiled ? std::optional(*std::move(compiled)) : std::nullopt};
    at = by_tool_.insert_or_assign(tool, std::move(entry)).first;
  }
  if (!at->second.schema) return {};
  Result<> good = check_structured_content(*at->second.schema, result);
  if (good) return good;
  return Error(Code::upstream_failed,
               "the result of tool '" + tool.substr(0, 200) + "' does not keep its output schema: " + good.error().message);
}

}  // namespace sdk
