#include "sdk/output_check.h"

#include "base/log.h"

namespace sdk {

using mcp::Code;
using mcp::Error;
using mcp::Result;

Result<> OutputChecks::check(const std::string& tool, const std::string& schema, std::string_view result) {
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
