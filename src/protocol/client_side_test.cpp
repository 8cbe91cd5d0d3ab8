#include "protocol/client_side.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "protocol/era_probe.h"
#include "protocol/header_value.h"
#include "protocol/inbound.h"
#include "protocol/testing.h"

namespace {

using namespace protocol;
using protocol::testing::spelled;

const ClientIdentity kClient{R"({"name":"c","version":"1"})", R"({"elicitation":{}})"};

TEST(HeaderValue, PlainAndEncoded) {
  EXPECT_EQ(encode_header_value("echo"), "echo");
  EXPECT_EQ(encode_header_value("a b"), "a b");
  EXPECT_EQ(encode_header_value(""), "");
  EXPECT_EQ(encode_header_value(" a"), "=?base64?IGE=?=");
  EXPECT_EQ(encode_header_value("a\tb"), "=?base64?YQli?=");
  EXPECT_EQ(encode_header_value("Gr\xC3\xBC\xC3\x9F"), "=?base64?R3LDvMOf?=");
  EXPECT_EQ(encode_header_value("=?base64?YQ==?="), "=?base64?PT9iYXNlNjQ/WVE9PT89?=");
  for (std::string text : {std::string("x\r\ny"), std::string("\0", 1), std::string("\x7F"), std::string("=?base64?"),
                           std::string("=?base64?"
                                       "?=")})
    EXPECT_EQ(decode_header_value(encode_header_value(text)), text);
}

TEST(HeaderValue, Malformed) {
  EXPECT_EQ(decode_header_value("=?base64?"
                                "?="),
            "");
  EXPECT_EQ(decode_header_value("  foo\t"), "foo");
  EXPECT_EQ(decode_header_value("=?Base64?YQ==?="), "=?Base64?YQ==?=");
  EXPECT_EQ(decode_header_value("=?base64?YQ=="), "=?base64?YQ==");
  for (const char* value : {"=?base64?YQ?=", "=?base64?Y===?=", "=?base64?YQ=a?=", "=?base64?Y Q=?=", "=?base64?YQ==YQ==?=",
                            "=?base64?/w==?=", "=?base64?YQ-_?=", "\xC3\xA9", "a\x01"})
    EXPECT_FALSE(decode_header_value(value)) << value;
}

TEST(ParamHeaders, MarksAreFoundThroughProperties) {
  auto map = tool_header_map(R"({"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},
    "deep":{"type":"object","properties":{"n":{"type":["integer","null"],"x-mcp-header":"N"}}},"b":{"type":"boolean","x-mcp-header":"Method"}}})");
  ASSERT_TRUE(map.ok()) << map.error().message;
  ASSERT_EQ(map->size(), 3u);
  auto headers = param_headers(*map, R"({"region":" eu","deep":{"n":42.0},"b":true})");
  ASSERT_TRUE(headers.ok());
  std::map<std::string, std::string> got(headers->begin(), headers->end());
  std::map<std::string, std::string> expected = {
      {"Mcp-Param-Region", "=?base64?IGV1?="}, {"Mcp-Param-N", "42"}, {"Mcp-Param-Method", "true"}};
  EXPECT_EQ(got, expected);
  EXPECT_TRUE(param_headers(*map, R"({"region":null,"deep":{}})")->empty());
  EXPECT_TRUE(param_headers(*map, "")->empty());
  EXPECT_FALSE(param_headers(*map, R"({"deep":{"n":9007199254740992}})").ok());
  EXPECT_FALSE(param_headers(*map, R"({"region":1})").ok());
}

TEST(ParamHeaders, InvalidMarksExcludeTheTool) {
  auto property = [](std::string schema) { return R"({"type":"object","properties":{"a":)" + schema + "}}"; };
  for (const std::string& schema :
       {property(R"({"type":"string","x-mcp-header":""})"), property(R"({"type":"string","x-mcp-header":"a b"})"),
        property(R"({"type":"string","x-mcp-header":"a:"})"), property(R"({"type":"string","x-mcp-header":"\u00e9"})"),
        property(R"({"type":"string","x-mcp-header":1})"), property(R"({"type":"number","x-mcp-header":"A"})"),
        property(R"({"type":"object","x-mcp-header":"A"})"), property(R"({"type":"array","x-mcp-header":"A"})"),
        property(R"({"x-mcp-header":"A"})"), property(R"({"type":["string","integer"],"x-mcp-header":"A"})"),
        property(R"({"type":"array","items":{"type":"string","x-mcp-header":"A"}})"),
        property(R"({"oneOf":[{"type":"string","x-mcp-header":"A"}]})"), property(R"({"not":{"type":"string","x-mcp-header":"A"}})"),
        std::string(
            R"({"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}})"),
        std::string(R"({"type":"object","x-mcp-header":"A"})"),
        std::string(R"({"type":"object","$defs":{"d":{"type":"string","x-mcp-header":"A"}}})"),
        std::string(R"({"type":"object","allOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]})")})
    EXPECT_FALSE(tool_header_map(schema).ok()) << schema;
  EXPECT_TRUE(
      tool_header_map(property(R"({"type":"object","default":{"x-mcp-header":"a b"},"properties":{"x-mcp-header":{"type":"object"}}})"))
          .ok());
  EXPECT_TRUE(tool_header_map("{}")->empty());
}

TEST(ParamHeaders, AServerComparesThem) {
  auto map = tool_header_map(R"({"properties":{"r":{"type":"string","x-mcp-header":"R"},"n":{"type":"integer","x-mcp-header":"N"}}})");
  std::map<std::string, std::string, std::less<>> headers;
  HeaderLookup lookup = [&](std::string_view name) -> std::optional<std::string_view> {
    auto found = headers.find(name);
    return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  };
  auto code = [&](std::string_view arguments) {
    auto r = check_param_headers(*map, arguments, lookup);
    return r.ok() ? 0 : r.error().code;
  };
  EXPECT_EQ(code("{}"), 0);
  EXPECT_EQ(code(R"({"r":null})"), 0);
  EXPECT_EQ(code(R"({"r":"eu"})"), kHeaderMismatch);
  headers = {{"Mcp-Param-R", "eu"}, {"Mcp-Param-Foo", "x"}};
  EXPECT_EQ(code(R"({"r":"eu"})"), 0);
  EXPECT_EQ(code(R"({"r":"EU"})"), kHeaderMismatch);
  EXPECT_EQ(code("{}"), kHeaderMismatch);
  headers = {{"Mcp-Param-R", "=?base64?ZXU=?="}, {"Mcp-Param-N", "42.0"}};
  EXPECT_EQ(code(R"({"r":"eu","n":42})"), 0);
  EXPECT_EQ(code(R"({"r":"eu","n":43})"), kHeaderMismatch);
  headers = {{"Mcp-Param-R", "=?base64?@?="}};
  EXPECT_EQ(code(R"({"r":"eu"})"), kHeaderMismatch);
}

TEST(ClientSide, AModernRequestPassesAModernServer) {
  auto out = modern_request(
      latest_modern(), kClient, "7", Method::tools_call,
      R"({"name":"gr\u00fcn","arguments":{"a": 1.0},"_meta":{"com.x/y":1,"progressToken":"theirs"}})",
      {.log_level = "info", .progress_token = "5", .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"});
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(
      out->body,
      spelled(
          R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"gr\u00fcn","arguments":{"a": 1.0},"_meta":{"com.x/y":1,)"
          R"("progressToken":5,"io.modelcontextprotocol/protocolVersion":"$M","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},)"
          R"("io.modelcontextprotocol/clientCapabilities":{"elicitation":{}},"io.modelcontextprotocol/logLevel":"info","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}})"));
  HttpFacts http{.method = "POST", .accept = "*/*", .content_type = "application/json"};
  for (const auto& [name, value] : out->headers) {
    if (name == "MCP-Protocol-Version") http.protocol_version = value;
    if (name == "Mcp-Method") http.mcp_method = value;
    if (name == "Mcp-Name") http.mcp_name = value;
  }
  Received received = HttpFront({}).receive(http, out->body);
  ASSERT_TRUE(std::holds_alternative<Inbound>(received)) << std::get<Refusal>(received).body;
  EXPECT_EQ(std::get<Inbound>(received).name, "gr\xC3\xBCn");
}

TEST(ClientSide, BrokenTraceContextGoesNoFurther) {
  const std::string params = R"({"name":"x","_meta":{"traceparent":"00-1","tracestate":"a=1","baggage":7,"com.x/y":1}})";
  auto out = modern_request(latest_modern(), {}, "1", Method::tools_call, params);
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->body.find("traceparent"), std::string::npos) << out->body;
  EXPECT_EQ(out->body.find("baggage"), std::string::npos) << out->body;
  EXPECT_NE(out->body.find(R"("tracestate":"a=1","com.x/y":1)"), std::string::npos) << out->body;
  // One that the caller gives itself takes its place, if it is any good.
  auto legacy = legacy_request(latest_legacy(), "1", Method::tools_call, params, {}, {.traceparent = "x", .baggage = "k=v"});
  EXPECT_EQ(legacy.body.find("traceparent"), std::string::npos) << legacy.body;
  EXPECT_NE(legacy.body.find(R"("baggage":"k=v")"), std::string::npos) << legacy.body;
}

TEST(ClientSide, AModernRequestMirrorsTheArguments) {
  auto map = tool_header_map(R"({"properties":{"r":{"type":"string","x-mcp-header":"R"}}})");
  auto out = modern_request(latest_modern(), kClient, "1", Method::tools_call, R"({"name":"t","arguments":{"r":"eu"}})", {}, &*map);
  EXPECT_EQ(out->headers.back(), (Header{"Mcp-Param-R", "eu"}));
  EXPECT_FALSE(modern_request(latest_modern(), kClient, "1", Method::tools_call, R"({"name":"t","arguments":{"r":1}})", {}, &*map).ok());
}

TEST(ClientSide, ALegacyRequestHasNoEnvelope) {
  auto out = legacy_request(latest_legacy(), "1", Method::tools_call, spelled(R"({"name":"t",$META})"), "abc", {.progress_token = "9"});
  EXPECT_EQ(out.body, R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":9}}})");
  EXPECT_EQ(out.headers, (std::vector<Header>{{"MCP-Protocol-Version", std::string(latest_legacy().name)}, {"Mcp-Session-Id", "abc"}}));
  EXPECT_EQ(legacy_request(headerless_legacy(), "1", Method::tools_list, "", "").headers.size(), 0u);
  EXPECT_EQ(legacy_request(latest_legacy(), "1", Method::tools_list, "", "").body, R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
  EXPECT_EQ(legacy_notification(latest_legacy(), Method::initialized, "", "").body,
            R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  EXPECT_TRUE(legacy_request(latest_legacy(), "1", Method::initialize, "{}", "").headers.empty());
}

TEST(ClientSide, CapabilitiesFitTheRevision) {
  std::string all =
      R"({"elicitation":{"form":{},"url":{}},"roots":{"listChanged":true},"tasks":{},"extensions":{"io.modelcontextprotocol/tasks":{}}})";
  EXPECT_EQ(client_capabilities_for(latest_modern(), all),
            R"({"elicitation":{"form":{},"url":{}},"roots":{},"extensions":{"io.modelcontextprotocol/tasks":{}}})");
  EXPECT_EQ(client_capabilities_for(latest_legacy(), all),
            R"({"elicitation":{"form":{},"url":{}},"roots":{"listChanged":true},"tasks":{}})");
  EXPECT_EQ(client_capabilities_for(*all_revisions()[2], all), R"({"elicitation":{},"roots":{"listChanged":true}})");
  EXPECT_EQ(client_capabilities_for(*all_revisions()[2], R"({"elicitation":{"url":{}}})"), "{}");
  EXPECT_EQ(client_capabilities_for(*all_revisions().back(), all), R"({"roots":{"listChanged":true}})");
}

std::string refusal(int code, std::string data = "") {
  return encode_error("\"p\"", {.code = code, .message = "m", .data = spelled(std::move(data))});
}
std::string discovered(std::string versions) {
  return encode_result("\"p\"", spelled(R"({"resultType":"complete","supportedVersions":[)" + versions + R"(],"capabilities":{}})"));
}

struct Probe {
  EraProbe probe{RevisionSet()};
  Probe() { EXPECT_TRUE(std::holds_alternative<EraProbe::Discover>(probe.start())); }
};

TEST(EraProbe, DiscoverMakesItModern) {
  Probe p;
  auto step = p.probe.http_answer(200, discovered("\"$M\",\"$L\""));
  ASSERT_TRUE(std::holds_alternative<EraProbe::Modern>(step));
  EXPECT_EQ(std::get<EraProbe::Modern>(step).revision, &latest_modern());
  EXPECT_NE(std::get<EraProbe::Modern>(step).discover.find("supportedVersions"), std::string::npos);
}

TEST(EraProbe, ARecognisedErrorNeverFallsBack) {
  for (int code : {kHeaderMismatch, kMissingCapability}) {
    Probe p;
    EXPECT_TRUE(std::holds_alternative<EraProbe::Modern>(p.probe.http_answer(400, refusal(code))));
    Probe s;
    EXPECT_TRUE(std::holds_alternative<EraProbe::Modern>(*s.probe.stdio_line(refusal(code), "\"p\"")));
  }
  Probe p;
  auto once = p.probe.http_answer(400, refusal(kUnsupportedVersion, R"({"supported":["$M"],"requested":"x"})"));
  EXPECT_TRUE(std::holds_alternative<EraProbe::Discover>(once));
  auto twice = p.probe.http_answer(400, refusal(kUnsupportedVersion, R"({"supported":["$M"],"requested":"x"})"));
  EXPECT_TRUE(std::holds_alternative<EraProbe::Incompatible>(twice));
  Probe q;
  EXPECT_TRUE(std::holds_alternative<EraProbe::Incompatible>(
      q.probe.http_answer(400, refusal(kUnsupportedVersion, R"({"supported":["tomorrow"]})"))));
  Probe r;
  EXPECT_TRUE(std::holds_alternative<EraProbe::Incompatible>(r.probe.http_answer(400, refusal(kUnsupportedVersion))));
}

TEST(EraProbe, OnlyLegacyVersionsInCommonMeansInitialize) {
  Probe p;
  auto step = p.probe.http_answer(400, refusal(kUnsupportedVersion, R"({"supported":["$S"]})"));
  ASSERT_TRUE(std::holds_alternative<EraProbe::Legacy>(step));
  EXPECT_EQ(std::get<EraProbe::Legacy>(step).revision, all_revisions()[2]);
}

TEST(EraProbe, AnythingElseIsLegacy) {
  for (auto& [status, body] : std::vector<std::pair<int, std::string>>{{400, ""},
                                                                       {400, refusal(-32000)},
                                                                       {404, "not found"},
                                                                       {405, "<html>"},
                                                                       {200, refusal(kMethodNotFound)},
                                                                       {404, refusal(kMethodNotFound)},
                                                                       {200, refusal(kInvalidParams)},
                                                                       {200, encode_result("1", "{}")},
                                                                       {202, ""},
                                                                       {406, ""}}) {
    Probe p;
    auto step = p.probe.http_answer(status, body);
    ASSERT_TRUE(std::holds_alternative<EraProbe::Legacy>(step)) << status << body;
    EXPECT_EQ(std::get<EraProbe::Legacy>(step).try_http_sse, status == 400 || status == 404 || status == 405);
  }
}

TEST(EraProbe, OutagesAndSignInSayNothing) {
  for (int status : {401, 403, 407, 408, 429, 500, 502, 503, 504, 301}) {
    Probe p;
    EXPECT_TRUE(std::holds_alternative<EraProbe::Undecided>(p.probe.http_answer(status, ""))) << status;
  }
  Probe p;
  EXPECT_TRUE(std::holds_alternative<EraProbe::Undecided>(p.probe.http_unreachable("refused")));
}

TEST(EraProbe, StdioFallsBackOnAnyErrorSilenceOrExit) {
  for (int code : {kMethodNotFound, kInvalidParams, kInvalidRequest, -1}) {
    Probe p;
    EXPECT_TRUE(std::holds_alternative<EraProbe::Legacy>(*p.probe.stdio_line(refusal(code), "\"p\"")));
  }
  Probe p;
  EXPECT_FALSE(p.probe.stdio_line("Server started", "\"p\""));
  EXPECT_FALSE(p.probe.stdio_line(R"({"jsonrpc":"2.0","method":"notifications/message","params":{}})", "\"p\""));
  EXPECT_FALSE(p.probe.stdio_line(R"({"jsonrpc":"2.0","id":"p","method":"roots/list"})", "\"p\""));
  EXPECT_FALSE(p.probe.stdio_line(encode_result("\"q\"", "{}"), "\"p\""));
  EXPECT_TRUE(std::holds_alternative<EraProbe::Modern>(*p.probe.stdio_line(discovered("\"$M\""), "\"p\"")));
  EXPECT_TRUE(std::holds_alternative<EraProbe::Legacy>(p.probe.stdio_timeout()));
  auto gone = p.probe.stdio_exit();
  EXPECT_TRUE(std::get<EraProbe::Legacy>(gone).restart_process);
}

TEST(EraProbe, AModernOnlyClientDoesNotFallBack) {
  std::vector<std::string> names = {std::string(latest_modern().name)};
  EraProbe probe{RevisionSet(names)};
  (void)probe.start();
  EXPECT_TRUE(std::holds_alternative<EraProbe::Incompatible>(probe.http_answer(400, "")));
  std::vector<std::string> old = {std::string(latest_legacy().name)};
  EXPECT_TRUE(std::holds_alternative<EraProbe::Legacy>(EraProbe{RevisionSet(old)}.start()));
}

}  // namespace
