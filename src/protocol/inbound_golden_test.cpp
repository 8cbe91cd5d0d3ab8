// Conversations with a dual-era endpoint: what comes in, and the status and code (or the era) that it gets.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "protocol/inbound.h"
#include "protocol/testing.h"

namespace {

using namespace protocol;
using protocol::testing::spelled;

using Headers = std::map<std::string, std::string>;

struct Probe {
  const char* title;
  Headers headers;  // "-" takes a default header away
  std::string body;
  int status;    // 200: let through
  int code = 0;  // JSON-RPC code of the refusal
  Era era = Era::modern;
  InboundKind kind = InboundKind::request;
  std::string method = "POST";
};

const Headers kModernList = {{"version", "$M"}, {"method", "tools/list"}};
const Headers kModernCall = {{"version", "$M"}, {"method", "tools/call"}, {"name", "echo"}};
const std::string kList = R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{$META}})";
const std::string kCall = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"x"},$META}})";

Headers with(Headers base, Headers more) {
  for (auto& [key, value] : more) base[key] = value;
  return base;
}

// A list request whose envelope is `meta`.
std::string list_with(std::string meta) { return R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{)" + meta + "}}}"; }
const std::string kVersionKey = R"("io.modelcontextprotocol/protocolVersion":)";
const std::string kCapsKey = R"("io.modelcontextprotocol/clientCapabilities":)";

// The answer of `front`, with all names spelled out. `body` must outlive it.
Received ask(const HttpFront& front, const Probe& probe, std::string& body) {
  Headers headers;
  for (const auto& [key, value] : with({{"content", "application/json"}, {"accept", "application/json, text/event-stream"}}, probe.headers))
    if (value != "-") headers[key] = spelled(value);
  auto get = [&](const char* key) -> std::optional<std::string_view> {
    auto found = headers.find(key);
    if (found == headers.end()) return std::nullopt;
    return found->second;
  };
  body = spelled(probe.body);
  HttpFacts http{probe.method, get("version"), get("method"), get("name"), get("session"), get("accept"), get("content")};
  return front.receive(http, body);
}

void check(const HttpFront& front, const Probe& probe) {
  SCOPED_TRACE(probe.title);
  std::string body;
  Received received = ask(front, probe, body);
  if (auto* refusal = std::get_if<Refusal>(&received)) {
    EXPECT_EQ(refusal->http_status, probe.status) << refusal->body;
    EXPECT_EQ(refusal->error.code, probe.code) << refusal->body;
    EXPECT_TRUE(base::validate_json(refusal->body).ok()) << refusal->body;
    return;
  }
  const auto& in = std::get<Inbound>(received);
  EXPECT_EQ(probe.status, in.kind == InboundKind::notification || in.kind == InboundKind::response ? 202 : 200);
  EXPECT_EQ(in.era, probe.era);
  EXPECT_EQ(in.kind, probe.kind);
  ASSERT_NE(in.revision, nullptr);
  EXPECT_EQ(in.revision->era, probe.era);
}

TEST(Golden, ModernEnvelope) {
  HttpFront front({});
  const std::vector<Probe> probes = {
      {"a list", kModernList, kList, 200},
      {"an envelope without clientInfo is served", kModernList, list_with(kVersionKey + "\"$M\"," + kCapsKey + "{}"), 200},
      {"id is an empty string", kModernList, R"({"jsonrpc":"2.0","id":"","method":"tools/list","params":{$META}})", 200},
      {"no _meta", kModernList, R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}})", 400, -32602},
      {"no params", kModernList, R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})", 400, -32602},
      {"no protocolVersion", kModernList, list_with(kCapsKey + "{}"), 400, -32602},
      {"no clientCapabilities", kModernList, list_with(kVersionKey + "\"$M\""), 400, -32602},
      {"clientCapabilities is an array", kModernList, list_with(kVersionKey + "\"$M\"," + kCapsKey + "[]"), 400, -32602},
      {"protocolVersion is a number", kModernList, list_with(kVersionKey + "1," + kCapsKey + "{}"), 400, -32602},
      {"clientInfo is a string", kModernList,
       list_with(kVersionKey + "\"$M\"," + kCapsKey + R"({},"io.modelcontextprotocol/clientInfo":"x")"), 400, -32602},
      {"an unknown log level", kModernList,
       list_with(kVersionKey + "\"$M\"," + kCapsKey + R"({},"io.modelcontextprotocol/logLevel":"loud")"), 400, -32602},
      {"progressToken is an object", kModernList, list_with(kVersionKey + "\"$M\"," + kCapsKey + R"({},"progressToken":{})"), 400, -32602},
      {"_meta is an array", kModernList, R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":[]}})", 400, -32602},
      {"a key of _meta twice", kModernList, list_with(kVersionKey + "\"$M\"," + kVersionKey + "\"$M\"," + kCapsKey + "{}"), 400, -32602},
      {"a key of params twice", kModernCall,
       R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","n\u0061me":"evil",$META}})", 400, -32602},
  };
  for (const Probe& probe : probes) check(front, probe);
}

TEST(Golden, ModernHeaders) {
  HttpFront front({});
  const std::vector<Probe> probes = {
      {"no MCP-Protocol-Version", {{"method", "tools/list"}}, kList, 400, -32020},
      {"no Mcp-Method", {{"version", "$M"}}, kList, 400, -32020},
      {"another Mcp-Method", with(kModernList, {{"method", "tools/call"}}), kList, 400, -32020},
      {"Mcp-Method in capitals", with(kModernList, {{"method", "TOOLS/LIST"}}), kList, 400, -32020},
      {"Mcp-Method with white space around", with(kModernList, {{"method", " tools/list\t"}}), kList, 200},
      {"a call", kModernCall, kCall, 200},
      {"no Mcp-Name", with(kModernCall, {{"name", "-"}}), kCall, 400, -32020},
      {"another Mcp-Name", with(kModernCall, {{"name", "other"}}), kCall, 400, -32020},
      {"Mcp-Name in another case", with(kModernCall, {{"name", "Echo"}}), kCall, 400, -32020},
      {"Mcp-Name twice", with(kModernCall, {{"name", "echo, echo"}}), kCall, 200},
      {"two Mcp-Names", with(kModernCall, {{"name", "echo, ecko"}}), kCall, 400, -32020},
      {"another Mcp-Name twice", with(kModernCall, {{"name", "ecko, ecko"}}), kCall, 400, -32020},
      {"Mcp-Name in Base64", with(kModernCall, {{"name", "=?base64?ZWNobw==?="}}), kCall, 200},
      {"Mcp-Name in broken Base64", with(kModernCall, {{"name", "=?base64?@@@?="}}), kCall, 400, -32020},
      {"Mcp-Name in Base64 without padding", with(kModernCall, {{"name", "=?base64?ZWNobw?="}}), kCall, 400, -32020},
      {"a mark in capitals is literal", with(kModernCall, {{"name", "=?BASE64?ZWNobw==?="}}), kCall, 400, -32020},
      {"Mcp-Name with white space around", with(kModernCall, {{"name", "  echo "}}), kCall, 200},
      {"Mcp-Name with raw UTF-8", with(kModernCall, {{"name", "\xC3\xA9"}}),
       R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"é",$META}})", 400, -32020},
      {"Mcp-Name for a name with an escape", with(kModernCall, {{"name", "echo"}}),
       R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\u0065cho",$META}})", 200},
      {"Mcp-Name without a name in the body", kModernCall,
       R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{},$META}})", 400, -32020},
      {"resources/read repeats the uri",
       {{"version", "$M"}, {"method", "resources/read"}, {"name", "memo://a"}},
       R"({"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"memo://a",$META}})",
       200},
      {"resources/read without Mcp-Name",
       {{"version", "$M"}, {"method", "resources/read"}},
       R"({"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"memo://a",$META}})",
       400,
       -32020},
      {"header and body name two versions", with(kModernList, {{"version", "$L"}}), kList, 400, -32020},
      {"header and body name two versions in a notification",
       {{"version", "$L"}},
       R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,$META}})",
       400,
       -32020},
  };
  for (const Probe& probe : probes) check(front, probe);
}

TEST(Golden, ModernVersionsAndMethods) {
  HttpFront front({});
  auto request = [](std::string method, std::string more = "") {
    return R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":{)" + more + "$META}}";
  };
  auto headers = [](std::string method) { return Headers{{"version", "$M"}, {"method", method}}; };
  const std::vector<Probe> probes = {
      {"an unknown version in both", with(kModernList, {{"version", "tomorrow"}}),
       list_with(kVersionKey + "\"tomorrow\"," + kCapsKey + "{}"), 400, -32022},
      {"a legacy version in both", with(kModernList, {{"version", "$L"}}), list_with(kVersionKey + "\"$L\"," + kCapsKey + "{}"), 400,
       -32022},
      {"an unknown method", headers("foo/bar"), request("foo/bar"), 404, -32601},
      {"ping is gone", headers("ping"), request("ping"), 404, -32601},
      {"logging/setLevel is gone", headers("logging/setLevel"), request("logging/setLevel"), 404, -32601},
      {"resources/subscribe is gone", headers("resources/subscribe"), request("resources/subscribe"), 404, -32601},
      {"initialize with a good envelope", headers("initialize"), request("initialize", R"("protocolVersion":"$M",)"), 404, -32601},
      {"a method of servers", headers("sampling/createMessage"), request("sampling/createMessage"), 404, -32601},
      {"a notification's name as a request", headers("notifications/cancelled"), request("notifications/cancelled"), 404, -32601},
      {"a task without the extension", with(headers("tasks/get"), {{"name", "t1"}}), request("tasks/get", R"("taskId":"t1",)"), 400,
       -32021},
      {"a task without Mcp-Name", headers("tasks/get"), request("tasks/get", R"("taskId":"t1",)"), 400, -32020},
      {"a task with the extension", with(headers("tasks/get"), {{"name", "t1"}}),
       R"({"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"t1","_meta":{)" + kVersionKey + "\"$M\"," + kCapsKey +
           R"({"extensions":{"io.modelcontextprotocol/tasks":{}}}}}})",
       200},
      {"discover", headers("server/discover"), request("server/discover"), 200},
      {"listen", headers("subscriptions/listen"), request("subscriptions/listen", R"("notifications":{},)"), 200},
      {"a call without a name", headers("tools/call"), request("tools/call", R"("arguments":{},)"), 200, -32602},
      {"arguments is an array", kModernCall, request("tools/call", R"("name":"echo","arguments":[],)"), 200, -32602},
      {"cursor is a number", kModernList, request("tools/list", R"("cursor":1,)"), 200, -32602},
      {"inputResponses is an array", kModernCall, request("tools/call", R"("name":"echo","inputResponses":[],)"), 200, -32602},
      {"requestState is a number", kModernCall, request("tools/call", R"("name":"echo","requestState":1,)"), 200, -32602},
  };
  for (const Probe& probe : probes) check(front, probe);
}

TEST(Golden, TransportAndJson) {
  HttpFront front({});
  const std::vector<Probe> probes = {
      {"broken JSON", kModernList, R"({"jsonrpc":"2.0",)", 400, -32700},
      {"an empty body", kModernList, "", 400, -32700},
      {"not UTF-8", kModernList, "{\"jsonrpc\":\"2.0\",\"id\":\"\xFF\",\"method\":\"ping\"}", 400, -32700},
      {"nested too deeply", kModernList, std::string(200, '[') + std::string(200, ']'), 400, -32700},
      {"id is null", kModernList, R"({"jsonrpc":"2.0","id":null,"method":"tools/list","params":{$META}})", 400, -32600},
      {"id is a fraction", kModernList, R"({"jsonrpc":"2.0","id":1.5,"method":"tools/list","params":{$META}})", 400, -32600},
      {"id is true", kModernList, R"({"jsonrpc":"2.0","id":true,"method":"tools/list","params":{$META}})", 400, -32600},
      {"id is an object", kModernList, R"({"jsonrpc":"2.0","id":{},"method":"tools/list","params":{$META}})", 400, -32600},
      {"no jsonrpc", kModernList, R"({"id":1,"method":"tools/list","params":{$META}})", 400, -32600},
      {"jsonrpc 1.0", kModernList, R"({"jsonrpc":"1.0","id":1,"method":"tools/list","params":{$META}})", 400, -32600},
      {"a key twice", kModernList, R"({"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{$META}})", 400, -32600},
      {"params is an array", kModernList, R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":[1]})", 400, -32600},
      {"a bare string", kModernList, "\"hello\"", 400, -32600},
      {"a batch of modern requests", kModernList, "[" + kList + "," + kList + "]", 400, -32600},
      {"a batch with one modern request and no header",
       {},
       "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}," + kList + "]",
       400,
       -32600},
      {"an empty batch", {}, "[]", 400, -32600},
      {"Accept: application/json", with(kModernList, {{"accept", "application/json"}}), kList, 200},
      {"Accept: text/event-stream", with(kModernList, {{"accept", "text/event-stream"}}), kList, 200},
      {"no Accept", with(kModernList, {{"accept", "-"}}), kList, 200},
      {"Accept: */*", with(kModernList, {{"accept", "*/*"}}), kList, 200},
      {"Accept: text/html", with(kModernList, {{"accept", "text/html"}}), kList, 406, -32600},
      {"Content-Type: text/plain", with(kModernList, {{"content", "text/plain"}}), kList, 415, -32600},
      {"no Content-Type", with(kModernList, {{"content", "-"}}), kList, 415, -32600},
      {"a Content-Type that only begins like it", with(kModernList, {{"content", "application/jsonp"}}), kList, 415, -32600},
      {"Content-Type with a charset", with(kModernList, {{"content", "Application/JSON; charset=utf-8"}}), kList, 200},
      {"GET", {{"version", "$M"}, {"accept", "text/event-stream"}}, "", 405, -32600, Era::modern, InboundKind::request, "GET"},
      {"GET of a modern client with a session",
       {{"version", "$M"}, {"session", "s"}},
       "",
       405,
       -32600,
       Era::modern,
       InboundKind::request,
       "GET"},
      {"DELETE", {{"version", "$M"}}, "", 405, -32600, Era::modern, InboundKind::request, "DELETE"},
      {"OPTIONS", {}, "", 405, -32600, Era::modern, InboundKind::request, "OPTIONS"},
      {"a modern notification",
       {{"version", "$M"}},
       R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,$META}})",
       202,
       0,
       Era::modern,
       InboundKind::notification},
      {"a modern notification without an envelope",
       {{"version", "$M"}},
       R"({"jsonrpc":"2.0","method":"notifications/anything"})",
       202,
       0,
       Era::modern,
       InboundKind::notification},
      {"a response, and nobody asked", {{"version", "$M"}}, R"({"jsonrpc":"2.0","id":5,"result":{}})", 400, -32600},
  };
  for (const Probe& probe : probes) check(front, probe);
}

TEST(Golden, LegacyHttp) {
  HttpFront front({});
  auto initialize = [](std::string version) {
    return R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":")" + version +
           R"(","capabilities":{},"clientInfo":{"name":"x","version":"1"}}})";
  };
  const Headers session = {{"version", "$L"}, {"session", "abc"}};
  const std::vector<Probe> probes = {
      {"initialize", {}, initialize("$L"), 200, 0, Era::legacy},
      {"initialize, oldest", {}, initialize("$O"), 200, 0, Era::legacy},
      {"initialize, unknown version", {}, initialize("tomorrow"), 200, 0, Era::legacy},
      {"initialize asking for the modern one", {}, initialize("$M"), 200, 0, Era::legacy},
      {"initialize with an unknown header", {{"version", "tomorrow"}}, initialize("$L"), 200, 0, Era::legacy},
      {"initialize with a modern header", {{"version", "$M"}}, initialize("$L"), 400, -32020},
      {"initialize with half an envelope is legacy",
       {},
       R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"$L","capabilities":{},"clientInfo":{"name":"x"},"_meta":{)" +
           kVersionKey + "\"$M\"}}}",
       200,
       0,
       Era::legacy},
      {"initialized", session, R"({"method":"notifications/initialized","jsonrpc":"2.0"})", 202, 0, Era::legacy, InboundKind::notification},
      {"a list", session, R"({"method":"tools/list","jsonrpc":"2.0","id":2})", 200, 0, Era::legacy},
      {"a list without version and session", {}, R"({"method":"tools/list","jsonrpc":"2.0","id":2})", 200, 0, Era::legacy},
      {"a list with an unknown version", {{"version", "tomorrow"}}, R"({"method":"tools/list","jsonrpc":"2.0","id":2})", 400, -32022},
      {"ping", session, R"({"method":"ping","jsonrpc":"2.0","id":1})", 200, 0, Era::legacy},
      {"an unknown method is answered in band", session, R"({"method":"foo","jsonrpc":"2.0","id":1})", 200, -32601},
      {"discover without an envelope", {}, R"({"method":"server/discover","jsonrpc":"2.0","id":1})", 200, -32601},
      {"listen without an envelope", {}, R"({"method":"subscriptions/listen","jsonrpc":"2.0","id":1})", 200, -32601},
      {"a call without a name", session, R"({"method":"tools/call","jsonrpc":"2.0","id":1,"params":{}})", 200, -32602},
      {"a call with a progress token", session,
       R"({"method":"tools/call","params":{"name":"slow","_meta":{"progressToken":7}},"jsonrpc":"2.0","id":7})", 200, 0, Era::legacy},
      {"an answer to the server", session, R"({"result":{"action":"accept"},"jsonrpc":"2.0","id":0})", 202, 0, Era::legacy,
       InboundKind::response},
      {"an error to the server", session, R"({"error":{"code":-1,"message":"no"},"jsonrpc":"2.0","id":0})", 202, 0, Era::legacy,
       InboundKind::response},
      {"an answer without a session", {{"version", "$L"}}, R"({"result":{},"jsonrpc":"2.0","id":0})", 400, -32600},
      {"the stream", session, "", 200, 0, Era::legacy, InboundKind::open_stream, "GET"},
      {"the stream, but not of events", with(session, {{"accept", "application/json"}}), "", 406, -32600, Era::legacy, InboundKind::request,
       "GET"},
      {"the stream, unknown version", with(session, {{"version", "tomorrow"}}), "", 400, -32022, Era::legacy, InboundKind::request, "GET"},
      {"a bare GET", {}, "", 405, -32600, Era::legacy, InboundKind::request, "GET"},
      {"the end", session, "", 200, 0, Era::legacy, InboundKind::end_session, "DELETE"},
      {"a batch",
       {{"version", "$B"}, {"session", "abc"}},
       R"([{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},{"bad":1}])",
       200,
       0,
       Era::legacy,
       InboundKind::batch},
      {"a batch without a version",
       {{"session", "abc"}},
       R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])",
       200,
       0,
       Era::legacy,
       InboundKind::batch},
      {"a batch where there are none", session, R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])", 400, -32600},
  };
  for (const Probe& probe : probes) check(front, probe);
}

TEST(Golden, AnEndpointThatSpeaksOnlyModern) {
  std::vector<std::string> names = {std::string(latest_modern().name)};
  HttpFront front({RevisionSet(names), MethodSet::everything()});
  const std::vector<Probe> probes = {
      {"a list", kModernList, kList, 200},
      {"initialize is told what is spoken",
       {},
       R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"$L"}})",
       400,
       -32022},
      {"no envelope and no header", {}, R"({"jsonrpc":"2.0","id":0,"method":"tools/list"})", 400, -32602},
      {"GET with a session", {{"session", "abc"}}, "", 405, -32600, Era::modern, InboundKind::request, "GET"},
      {"a batch", {{"version", "$B"}}, R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])", 400, -32022},
      {"a batch without header", {}, R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])", 400, -32600},
      {"an answer", {{"session", "abc"}}, R"({"result":{},"jsonrpc":"2.0","id":0})", 400, -32600},
  };
  for (const Probe& probe : probes) check(front, probe);
}

TEST(Golden, AnEndpointThatSpeaksOnlyLegacy) {
  std::vector<std::string> names = {std::string(latest_legacy().name)};
  HttpFront front({RevisionSet(names), MethodSet::everything()});
  check(front, {"a modern request names what is not spoken", kModernList, kList, 400, -32022});
  check(front, {"a legacy list", {{"version", "$L"}}, R"({"jsonrpc":"2.0","id":0,"method":"tools/list"})", 200, 0, Era::legacy});
  std::string body;
  Received refused = ask(front, {"", kModernList, kList, 0}, body);
  EXPECT_EQ(std::get<Refusal>(refused).error.data, spelled(R"({"supported":["$L"],"requested":"$M"})"));
}

TEST(Golden, RefusalsCarryWhatTheSpecificationAsksFor) {
  HttpFront front({});
  std::string body;
  Received unsupported =
      ask(front, {"", with(kModernList, {{"version", "tomorrow"}}), list_with(kVersionKey + "\"tomorrow\"," + kCapsKey + "{}"), 0}, body);
  EXPECT_EQ(std::get<Refusal>(unsupported).error.data, spelled(R"({"supported":["$M"],"requested":"tomorrow"})"));
  Received task = ask(front,
                      {"",
                       {{"version", "$M"}, {"method", "tasks/get"}, {"name", "t"}},
                       R"({"jsonrpc":"2.0","id":"x","method":"tasks/get","params":{"taskId":"t",$META}})",
                       0},
                      body);
  EXPECT_EQ(std::get<Refusal>(task).error.data, R"({"requiredCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}})");
  EXPECT_NE(std::get<Refusal>(task).body.find("\"id\":\"x\""), std::string::npos);
  Received get = ask(front, {"", {}, "", 0, 0, Era::modern, InboundKind::request, "GET"}, body);
  EXPECT_EQ(std::get<Refusal>(get).headers.back(), (std::pair<std::string, std::string>("Allow", "POST")));
  Received broken = ask(front, {"", {}, "{", 0}, body);
  EXPECT_NE(std::get<Refusal>(broken).body.find("\"id\":null"), std::string::npos);
  Received answer = ask(front, {"", {}, R"({"jsonrpc":"2.0","id":3,"result":1})", 0}, body);
  EXPECT_NE(std::get<Refusal>(answer).body.find("\"id\":null"), std::string::npos) << "the id of a broken answer is ours, not theirs";
}

TEST(Golden, TheInboundHoldsWhatTheEnvelopeSays) {
  HttpFront front({});
  std::string body;
  Received received = ask(
      front,
      {"", with(kModernCall, {{"accept", "application/json"}}),
       R"({"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":{"arguments":{"big":123456789012345678901234567890},"name":"echo","_meta":{)" +
           kVersionKey + "\"$M\"," + kCapsKey +
           R"({"elicitation":{}},"io.modelcontextprotocol/clientInfo":{"name":"C","version":"1"},)"
           R"("io.modelcontextprotocol/logLevel":"warning","progressToken":"p","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","com.example/x":1}}})",
       0},
      body);
  const auto& in = std::get<Inbound>(received);
  EXPECT_EQ(in.message.id, "9007199254740993");
  EXPECT_EQ(in.name, "echo");
  EXPECT_EQ(in.client_name, "C");
  EXPECT_EQ(in.client_version, "1");
  EXPECT_EQ(in.log_level, LogLevel::warning);
  EXPECT_EQ(in.params.meta.progress_token, "\"p\"");
  EXPECT_EQ(in.params.meta.traceparent, "\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"");
  EXPECT_EQ(in.params.arguments, R"({"big":123456789012345678901234567890})");
  EXPECT_FALSE(in.accepts_stream);
  EXPECT_TRUE(declares_capability(in.params.meta.client_capabilities, "elicitation.form"));
  EXPECT_FALSE(declares_capability(in.params.meta.client_capabilities, "elicitation.url"));
}

TEST(Golden, MethodsThatAreNotServedAreNotFound) {
  FrontOptions options;
  options.methods.remove(Method::tools_list);
  HttpFront front(options);
  check(front, {"not served", kModernList, kList, 404, -32601});
}

}  // namespace
