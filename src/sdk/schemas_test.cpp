// Raw tools and their schemas, from line to line; and numbers, which arrive as they were sent.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "base/loop.h"
#include "mcp/server.h"
#include "protocol/versions/versions.h"
#include "sdk/output_check.h"
#include "sdk/server_core.h"
#include "sdk/stdio_endpoint.h"

namespace {

using testing::HasSubstr;
using testing::Not;

// The answer of `server` to one request of the era, over stdio.
std::string answer(mcp::Server& server, const protocol::Revision& revision, const std::string& method, const std::string& params) {
  std::string lines;
  std::string members = params.empty() ? "" : params + ",";
  if (revision.era == protocol::Era::legacy) {
    lines = R"({"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":")" + std::string(revision.name) +
            R"(","capabilities":{},"clientInfo":{"name":"t","version":"1"}}})"
            "\n"
            R"({"jsonrpc":"2.0","method":"notifications/initialized"})"
            "\n";
    members = params;
  } else {
    members += R"("_meta":{"io.modelcontextprotocol/protocolVersion":")" + std::string(revision.name) +
               R"(","io.modelcontextprotocol/clientCapabilities":{}})";
  }
  lines += R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":{)" + members + "}}\n";
  int in[2], out[2];
  EXPECT_EQ(::pipe2(in, O_CLOEXEC), 0);
  EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
  EXPECT_EQ(::write(in[1], lines.data(), lines.size()), static_cast<ssize_t>(lines.size()));
  ::close(in[1]);
  {
    base::Loop loop;
    sdk::ServerCore core(loop, server);
    sdk::StdioEndpointOptions options;
    options.front.methods = core.methods();
    options.end_grace = base::Millis(1000);
    sdk::StdioEndpoint endpoint(loop, core, options);
    EXPECT_TRUE(loop.block_on(endpoint.run(in[0], out[1])).ok());
  }
  ::close(in[0]);
  ::close(out[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = ::read(out[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
  ::close(out[0]);
  auto at = text.find(R"({"jsonrpc":"2.0","id":1,)");
  return at == std::string::npos ? text : text.substr(at);
}
std::string call(mcp::Server& server, const std::string& tool, const std::string& arguments,
                 const protocol::Revision& revision = protocol::latest_modern()) {
  return answer(server, revision, "tools/call", R"("name":")" + tool + R"(","arguments":)" + arguments);
}

constexpr const char* kInput =
    R"({"type":"object","properties":{"limit":{"type":"integer","minimum":1},"to":{"$ref":"#/$defs/to"}},"required":["limit"],)"
    R"("additionalProperties":false,"$defs":{"to":{"anyOf":[{"type":"string","pattern":"^[a-z]+$"},{"type":"null"}]}}})";
constexpr const char* kOutput = R"({"type":"object","properties":{"n":{"type":"integer","maximum":10}},"required":["n"]})";

// Gives back `limit` as {"n":…}.
mcp::ToolResult give(mcp::Json arguments) {
  mcp::ToolResult result;
  result.structured = R"({"n":)" + arguments["limit"].text() + "}";
  return result;
}

TEST(RawTool, ArgumentsAreCheckedBeforeTheHandler) {
  mcp::Server server("s", "1");
  int calls = 0;
  server.raw_tool({.name = "t", .description = "d", .input_schema = kInput}, [&calls](mcp::Json arguments) {
    ++calls;
    return give(arguments);
  });
  ASSERT_EQ(server.problems(), "");
  for (const auto* revision : {&protocol::latest_modern(), &protocol::latest_legacy()}) {
    std::string wrong = call(server, "t", R"({"limit":0,"to":"UP","mor":1})", *revision);
    EXPECT_THAT(wrong, HasSubstr(R"("isError":true)"));
    EXPECT_THAT(wrong, HasSubstr("argument '/limit' must be at least 1"));
    EXPECT_THAT(wrong, HasSubstr("argument '/to'"));
    EXPECT_THAT(wrong, HasSubstr("argument '/mor' is not known"));
    EXPECT_THAT(answer(server, *revision, "tools/call", R"("name":"t")"), HasSubstr("needs the member"));
  }
  EXPECT_EQ(calls, 0);
  std::string good = call(server, "t", R"({"limit":3,"to":null})");
  EXPECT_THAT(good, HasSubstr(R"("structuredContent":{"n":3})"));
  EXPECT_THAT(good, Not(HasSubstr("isError")));
  EXPECT_EQ(calls, 1);
}

TEST(RawTool, ResultsThatBreakTheirSchemaDoNotLeave) {
  mcp::Server server("s", "1");
  mcp::RawTool about{.name = "t", .description = "d", .input_schema = R"({"type":"object"})", .output_schema = kOutput};
  server.raw_tool(about, give);
  about.name = "waits";
  server.raw_tool(about, [](mcp::Json arguments) -> mcp::Task<mcp::ToolResult> { co_return give(arguments); });
  about.name = "blocks";
  about.options.blocking = true;
  server.raw_tool(about, give);
  about.name = "silent";
  server.raw_tool(about, [](mcp::Json) { return mcp::ToolResult::text("nothing"); });
  about.name = "fails";
  server.raw_tool(about, [](mcp::Json) { return mcp::ToolResult::error("no luck"); });
  ASSERT_EQ(server.problems(), "");
  for (const char* tool : {"t", "waits", "blocks"}) {
    EXPECT_THAT(call(server, tool, R"({"limit":10})"), HasSubstr(R"("structuredContent":{"n":10})"));
    std::string broken = call(server, tool, R"({"limit":11})");
    EXPECT_THAT(broken, HasSubstr("structuredContent '/n' must be at most 10")) << tool;
    EXPECT_THAT(broken, HasSubstr(R"("isError":true)"));
    EXPECT_THAT(broken, Not(HasSubstr(R"("n":11)")));
  }
  EXPECT_THAT(call(server, "silent", "{}"), HasSubstr("structuredContent is missing"));
  EXPECT_THAT(call(server, "fails", "{}"), HasSubstr("no luck"));
}

TEST(RawTool, SchemasThatDoNotCompileAreRefused) {
  mcp::Server server("s", "1");
  auto add = [&](const char* name, const char* input, const char* output = "") {
    server.raw_tool({.name = name, .description = "d", .input_schema = input, .output_schema = output},
                    [](mcp::Json) { return mcp::ToolResult::text("x"); });
  };
  add("remote", R"({"type":"object","properties":{"a":{"$ref":"https://example.com/a.json"}}})");
  add("look", R"({"type":"object","properties":{"a":{"pattern":"^(?!x)y"}}})");
  add("out", R"({"type":"object"})", R"({"type":"strin"})");
  EXPECT_THAT(server.problems(), HasSubstr("tool 'remote': its input schema: schema at /properties/a/$ref"));
  EXPECT_THAT(server.problems(), HasSubstr("nothing is fetched"));
  EXPECT_THAT(server.problems(), HasSubstr("tool 'look': its input schema: schema at /properties/a/pattern"));
  EXPECT_THAT(server.problems(), HasSubstr("tool 'out': its output schema: schema at /type"));
}

TEST(RawTool, StructuredContentOfAnyType) {
  mcp::Server server("s", "1");
  mcp::RawTool about{.name = "list",
                     .description = "d",
                     .input_schema = R"({"type":"object"})",
                     .output_schema = R"({"type":"array","items":{"type":"integer"}})"};
  server.raw_tool(about, [](mcp::Json) { return mcp::ToolResult{.content = {mcp::Image{"x", "image/png"}}, .structured = "[1,2]"}; });
  about.name = "null";
  about.output_schema = R"({"type":"null"})";
  server.raw_tool(about, [](mcp::Json) { return mcp::ToolResult{.content = {}, .structured = "null"}; });
  ASSERT_EQ(server.problems(), "");
  std::string modern = call(server, "list", "{}");
  EXPECT_THAT(modern, HasSubstr(R"("structuredContent":[1,2])"));
  EXPECT_THAT(modern, HasSubstr(R"({"type":"text","text":"[1,2]"})"));
  EXPECT_THAT(call(server, "null", "{}"), HasSubstr(R"("structuredContent":null)"));
  std::string legacy = call(server, "list", "{}", protocol::latest_legacy());
  EXPECT_THAT(legacy, Not(HasSubstr("structuredContent")));
  EXPECT_THAT(legacy, HasSubstr(R"({"type":"text","text":"[1,2]"})"));
  EXPECT_THAT(answer(server, protocol::latest_modern(), "tools/list", ""), HasSubstr(R"("outputSchema":{"type":"null"})"));
  EXPECT_THAT(answer(server, protocol::latest_legacy(), "tools/list", ""), Not(HasSubstr("outputSchema")));
}

TEST(Numbers, ComeBackAsTheyWereSent) {
  mcp::Server server("s", "1");
  server.raw_tool({.name = "echo", .description = "d", .input_schema = R"({"type":"object"})"},
                  [](mcp::Json arguments) { return mcp::ToolResult{.content = {}, .structured = arguments.text()}; });
  server.raw_tool({.name = "inner", .description = "d", .input_schema = R"({"type":"object"})"},
                  [](mcp::Json arguments) { return mcp::ToolResult{.content = {}, .structured = arguments["v"].text()}; });
  const std::string exact =
      R"({"v":[9223372036854775807,-9223372036854775808,18446744073709551615,9007199254740993,0.1,1e-7,5e-324,1.7976931348623157e308,)"
      R"(123456789012345678901234567890,1e400,-1e-400,0.1000000000000000055511151231257827,-0.0,1.0,1E+2]})";
  EXPECT_THAT(call(server, "echo", exact), HasSubstr("\"structuredContent\":" + exact));
  EXPECT_THAT(call(server, "echo", exact, protocol::latest_legacy()), HasSubstr("\"structuredContent\":" + exact));
  // A part of the tree: integers exactly, fractions as the same double.
  EXPECT_THAT(call(server, "inner", R"({"v":{"a":[9223372036854775807,18446744073709551615,0.1,645.8970205417812,1e400,-1e400]}})"),
              HasSubstr(R"("structuredContent":{"a":[9223372036854775807,18446744073709551615,0.1,645.8970205417812,1e999,-1e999]})"));
}

struct Numbers {
  std::int64_t whole;
  std::uint64_t large;
  double share;
};

TEST(Numbers, SurviveTypedTools) {
  mcp::Server server("s", "1");
  server.tool("same", "d", [](Numbers n) { return n; });
  for (const char* text : {R"({"whole":-9223372036854775808,"large":18446744073709551615,"share":645.8970205417812})",
                           R"({"whole":9223372036854775807,"large":0,"share":5e-324})",
                           R"({"whole":9007199254740993,"large":1,"share":1.7976931348623157e+308})"})
    EXPECT_THAT(call(server, "same", text), HasSubstr(std::string("\"structuredContent\":") + text));
  EXPECT_THAT(call(server, "same", R"({"whole":9223372036854775808,"large":1,"share":1})"), HasSubstr("argument 'whole' must be"));
  EXPECT_THAT(call(server, "same", R"({"whole":1,"large":-1,"share":1})"), HasSubstr("argument 'large' must be"));
}

TEST(OutputChecks, CompileOncePerToolAndNameIt) {
  sdk::OutputChecks checks;
  const std::string schema = kOutput;
  EXPECT_TRUE(checks.check("t", schema, mcp::ToolResult{.content = {}, .structured = R"({"n":1})"}).ok());
  auto wrong = checks.check("t", schema, mcp::ToolResult{.content = {}, .structured = R"({"n":"1"})"});
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, mcp::Code::upstream_failed);
  EXPECT_EQ(wrong.error().message,
            "the result of tool 't' does not keep its output schema: structuredContent '/n' must be an integer, and is a string");
  EXPECT_FALSE(checks.check("t", schema, mcp::ToolResult{}).ok());
  EXPECT_TRUE(checks.check("t", schema, mcp::ToolResult::error("no")).ok());
  EXPECT_TRUE(checks.check("t", "", mcp::ToolResult{}).ok());
  EXPECT_TRUE(checks.check("t", R"({"type":"string"})", mcp::ToolResult{.content = {}, .structured = "\"s\""}).ok())
      << "a schema that changed";
  EXPECT_TRUE(checks.check("u", R"({"$ref":"https://example.com/x"})", mcp::ToolResult{}).ok()) << "one that nobody here knows";
}

}  // namespace
