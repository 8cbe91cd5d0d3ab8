#include <chrono>

#include "fixture.h"

namespace {

using std::chrono::milliseconds;

mcp::Task<std::string> with_progress(mcp::Call call) {
  call.progress(0, 100);
  co_await call.sleep(milliseconds(50));
  call.progress(50, 100);
  co_await call.sleep(milliseconds(50));
  call.progress(100, 100);
  co_return "The work is done.";
}

mcp::Task<std::string> with_logging(mcp::Call call) {
  call.log(mcp::LogLevel::info, "Tool execution started");
  co_await call.sleep(milliseconds(50));
  call.log(mcp::LogLevel::info, "Tool processing data");
  co_await call.sleep(milliseconds(50));
  call.log(mcp::LogLevel::info, "Tool execution completed");
  co_return "The work is done, and logged.";
}

mcp::Task<std::string> reconnection(mcp::Call call) {
  call.close_stream(milliseconds(500));
  co_await call.sleep(milliseconds(100));
  co_return "Reconnection test completed successfully. If you received this, the client properly reconnected after stream closure.";
}

constexpr const char* kSchema2020 = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "$defs": {"address": {"$anchor": "addressDef", "type": "object",
                        "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
  "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"},
                 "contactMethod": {"type": "string", "enum": ["phone", "email"]},
                 "phone": {"type": "string"}, "email": {"type": "string"}},
  "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
  "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
  "then": {"required": ["phone"]},
  "else": {"required": ["email"]},
  "additionalProperties": false
})";

}  // namespace

void add_protocol_tools(mcp::Server& server) {
  server.tool("test_tool_with_progress", "Reports progress while it works.", with_progress);
  server.tool("test_tool_with_logging", "Sends log messages while it works.", with_logging);
  server.tool("test_logging_tool", "Sends log messages while it works.", with_logging);

  server.tool("test_reconnection", "Sends the client away, and has the answer for it when it comes back.", reconnection);

  server.raw_tool({.name = "json_schema_2020_12_tool", .description = "Has a schema with many keywords.", .input_schema = kSchema2020},
                  [](mcp::Json in) { return mcp::ToolResult::text("Got " + in.text()); });
  server.raw_tool({.name = "test_x_mcp_header",
                   .description = "Takes arguments that HTTP repeats in headers.",
                   .input_schema = R"({"type":"object","properties":{
                     "region":{"type":"string","x-mcp-header":"Region"},
                     "priority":{"type":"integer","x-mcp-header":"Priority"},
                     "verbose":{"type":"boolean","x-mcp-header":"Verbose"},
                     "query":{"type":"string"}}})"},
                  [](mcp::Json in) { return mcp::ToolResult::text("Got " + in.text()); });

  server.announces_tool_changes().announces_prompt_changes();
  server.tool("test_trigger_tool_change", "Says that the list of tools changed.", [&server] {
    server.notify_tools_changed();
    return std::string("said");
  });
  server.tool("test_trigger_prompt_change", "Says that the list of prompts changed.", [&server] {
    server.notify_prompts_changed();
    return std::string("said");
  });
}
