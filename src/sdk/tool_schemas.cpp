#include "sdk/tool_schemas.h"

#include "base/json.h"
#include "base/log.h"
#include "sdk/output_check.h"

namespace sdk {

using mcp::Call;
using mcp::Code;
using mcp::Error;
using mcp::Json;
using mcp::Task;

Result<std::shared_ptr<const ToolSchemas>> ToolSchemas::compile(const mcp::RawTool& tool) {
  auto input = protocol::JsonSchema::compile(tool.input_schema);
  if (!input) return std::move(input).error().in("its input schema");
  std::shared_ptr<ToolSchemas> made(new ToolSchemas(*std::move(input)));
  if (!tool.output_schema.empty()) {
    auto output = protocol::JsonSchema::compile(tool.output_schema);
    if (!output) return std::move(output).error().in("its output schema");
    made->output_ = *std::move(output);
  }
  return std::shared_ptr<const ToolSchemas>(std::move(made));
}

Result<> ToolSchemas::check_input(const Json& arguments) const {
  static const boost::json::value kNone = boost::json::object();
  const auto* tree = static_cast<const boost::json::value*>(arguments.root().tree());
  auto verdict = input_.validate(tree ? *tree : kNone);
  if (verdict.valid()) return {};
  if (verdict.gave_up) return Error(Code::too_large, "the arguments are " + verdict.gave_up->message);
  return Error(Code::invalid_argument, verdict.text("argument"));
}

Result<> ToolSchemas::check_output(std::string_view result) const {
  if (!output_) return {};
  return check_structured_content(*output_, result);
}

namespace {

// What a handler gave, or what its caller gets instead.
Result<std::string> checked(const ToolSchemas& schemas, const std::string& tool, Result<std::string> result) {
  if (!result) return result;
  Result<> good = schemas.check_output(*result);
  if (good) return result;
  base::log::error("a tool broke its own output schema", {{"tool", tool}, {"problem", good.error().message}});
  return mcp::detail::tool_result(mcp::ToolResult::error("the tool broke its own output schema: " + good.error().message));
}

Task<std::string> run_checked(std::shared_ptr<const ToolSchemas> schemas, std::string tool, Task<std::string> handler) {
  Result<std::string> result = co_await std::move(handler).result();
  co_return checked(*schemas, tool, std::move(result));
}

Task<std::string> refuse(Error error) { co_return error; }

}  // namespace

void check_by_schemas(mcp::detail::ToolEntry& entry, std::shared_ptr<const ToolSchemas> schemas) {
  const std::string name = entry.about.name;
  if (entry.run.plain) {
    entry.run.plain = [schemas, name, inner = std::move(entry.run.plain)](Json arguments, Call call) -> Result<std::string> {
      if (Result<> good = schemas->check_input(arguments); !good) return std::move(good).error();
      return checked(*schemas, name, inner(std::move(arguments), std::move(call)));
    };
  }
  if (entry.run.waits) {
    entry.run.waits = [schemas, name, inner = std::move(entry.run.waits)](Json arguments, Call call) -> Task<std::string> {
      if (Result<> good = schemas->check_input(arguments); !good) return refuse(std::move(good).error());
      return run_checked(schemas, name, inner(std::move(arguments), std::move(call)));
    };
  }
}

}  // namespace sdk
