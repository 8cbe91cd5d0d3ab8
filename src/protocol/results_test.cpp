#include "protocol/results.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "protocol/client_side.h"
#include "protocol/definitions.h"
#include "protocol/testing.h"

namespace {

using namespace protocol;
using protocol::testing::spelled;

const Revision& modern = latest_modern();
const Revision& legacy = latest_legacy();
const Revision& oldest = *all_revisions().back();

std::string to_modern(Method method, std::string_view result, CacheHints hints = {}, std::string_view server = "") {
  return result_for(modern, method, result, hints, server);
}
std::string to_legacy(Method method, std::string_view result, const Revision& revision = legacy) {
  return result_for(revision, method, result, {}, "");
}

TEST(Results, AModernResultSaysThatItIsComplete) {
  EXPECT_EQ(to_modern(Method::tools_call, R"({"content":[]})"), R"({"content":[],"resultType":"complete"})");
  EXPECT_EQ(to_modern(Method::tools_call, R"({"content":[],"resultType":"complete"})"), R"({"content":[],"resultType":"complete"})");
  EXPECT_EQ(to_modern(Method::tools_call, R"({"resultType":"task","taskId":"x"})"), R"({"resultType":"task","taskId":"x"})");
}

TEST(Results, CacheableResultsHaveHints) {
  EXPECT_EQ(to_modern(Method::tools_list, R"({"tools":[]})", {std::chrono::milliseconds(5), CacheScope::shared}),
            R"({"tools":[],"resultType":"complete","ttlMs":5,"cacheScope":"public"})");
  EXPECT_EQ(to_modern(Method::resources_read, R"({"contents":[],"ttlMs":9,"cacheScope":"public"})"),
            R"({"contents":[],"ttlMs":9,"cacheScope":"public","resultType":"complete"})");
  EXPECT_EQ(
      to_modern(Method::tools_list, R"({"tools":[],"ttlMs":-1,"cacheScope":"all"})", {std::chrono::milliseconds(5), CacheScope::shared}),
      R"({"tools":[],"ttlMs":0,"cacheScope":"private","resultType":"complete"})");
  EXPECT_EQ(to_modern(Method::resources_read, R"({"resultType":"input_required","requestState":"s"})"),
            R"({"resultType":"input_required","requestState":"s"})");
}

TEST(Results, ATailSaysWhatABareResultLacks) {
  const CacheHints hints{std::chrono::seconds(3), CacheScope::shared};
  const std::string bare = R"({"tools":[{"name":"a","inputSchema":{"type":"object"}}]})";
  for (const Revision* revision : all_revisions())
    for (Method method : {Method::tools_list, Method::tools_call})
      for (std::string_view info : {R"({"name":"s"})", ""})
        EXPECT_EQ(encode_result("1", bare, result_tail(*revision, method, hints, info)),
                  encode_result("1", result_for(*revision, method, bare, hints, info)));
}

TEST(Results, TheServerIsNamed) {
  EXPECT_EQ(to_modern(Method::tools_call, R"({"resultType":"complete"})", {}, R"({"name":"s"})"),
            R"({"resultType":"complete","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s"}}})");
  EXPECT_EQ(to_modern(Method::tools_call, R"({"_meta":{"a":1,"io.modelcontextprotocol/serverInfo":{"name":"up"}},"resultType":"complete"})",
                      {}, R"({"name":"s"})"),
            R"({"_meta":{"a":1,"io.modelcontextprotocol/serverInfo":{"name":"s"}},"resultType":"complete"})");
}

TEST(Results, ALegacyResultHasNothingModern) {
  EXPECT_EQ(
      to_legacy(
          Method::tools_list,
          R"({"tools":[],"resultType":"complete","ttlMs":1,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":{}},"x":1})"),
      R"({"tools":[],"x":1})");
  EXPECT_EQ(to_legacy(Method::tools_list, R"({"tools":[],"_meta":{"a":1,"io.modelcontextprotocol/serverInfo":{}}})"),
            R"({"tools":[],"_meta":{"a":1}})");
  EXPECT_EQ(to_legacy(Method::tools_list, R"({"tools": []})"), R"({"tools": []})");
}

TEST(Results, StructuredContentOfAnyTypeBecomesText) {
  EXPECT_EQ(to_legacy(Method::tools_call, R"({"content":[],"structuredContent":[1, "a"]})"),
            R"({"content":[{"type":"text","text":"[1,\"a\"]"}]})");
  EXPECT_EQ(to_legacy(Method::tools_call, R"({"content":[{"type":"text","text":"t"}],"structuredContent":null})"),
            R"({"content":[{"type":"text","text":"t"}]})");
  EXPECT_EQ(to_legacy(Method::tools_call, R"({"content":[],"structuredContent":{"a":1}})"),
            R"({"content":[],"structuredContent":{"a":1}})");
  EXPECT_EQ(to_legacy(Method::tools_list,
                      R"({"tools":[{"name":"a", "outputSchema":{"type":"array"}},{"name":"b","outputSchema":{"type": "object"}}]})"),
            R"({"tools":[{"name":"a"},{"name":"b","outputSchema":{"type": "object"}}]})");
}

TEST(Results, ContentOfLaterTypesBecomesText) {
  std::string result =
      R"({"content":[{"type":"resource_link","uri":"file:///a","name":"a"},{"type":"text","text":"t"},{"type":"audio","data":"","mimeType":"audio/wav"}]})";
  EXPECT_EQ(to_legacy(Method::tools_call, result), result);
  std::string old = to_legacy(Method::tools_call, result, oldest);
  EXPECT_EQ(old.find("resource_link"), std::string::npos);
  EXPECT_NE(old.find("Resource: file:///a"), std::string::npos);
  EXPECT_EQ(old.find("\"audio\""), std::string::npos);
  EXPECT_TRUE(base::validate_json(std::string_view(old)).ok());
}

TEST(Results, DiscoverNamesTheModernRevisions) {
  ServerIdentity server{R"({"name":"s"})", R"({"tools":{},"tasks":{}})", "Say \"hi\"."};
  EXPECT_EQ(
      encode_discover_result(RevisionSet(), server, {std::chrono::milliseconds(7), CacheScope::shared}),
      spelled(
          R"({"resultType":"complete","supportedVersions":["$M"],"capabilities":{"tools":{}},"instructions":"Say \"hi\".","ttlMs":7,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s"}}})"));
}

TEST(Results, TypesOfResults) {
  EXPECT_EQ(result_type("{}"), ResultType::complete);
  EXPECT_EQ(result_type(R"({"resultType":"input_required"})"), ResultType::input_required);
  EXPECT_EQ(result_type(R"({"resultType":"task"})"), ResultType::task);
  EXPECT_EQ(result_type(R"({"resultType":"later"})"), ResultType::unrecognized);
  EXPECT_EQ(result_type(R"({"resultType":null})"), ResultType::unrecognized);
  EXPECT_EQ(tool_error_result("no \"a\""), R"({"content":[{"type":"text","text":"no \"a\""}],"isError":true})");
}

Inbound initialize(std::string& body, std::string params) {
  body = R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":)" + spelled(std::move(params)) + "}";
  HttpFacts http{.method = "POST", .content_type = "application/json"};
  Received received = HttpFront({}).receive(http, body);
  return std::get<Inbound>(received);
}
const ServerIdentity kServer{
    R"({"name":"s","title":"S","icons":[],"version":"1"})",
    R"({"tools":{"listChanged":true},"completions":{},"tasks":{},"extensions":{"io.modelcontextprotocol/tasks":{},"com.x/y":{}}})", "Hi."};

TEST(LegacySession, TheRevisionAskedForIsSpoken) {
  std::string body;
  LegacySession session{RevisionSet()};
  EXPECT_FALSE(session.admit(Method::tools_list).ok());
  EXPECT_TRUE(session.admit(Method::ping).ok());
  auto result = session.initialize(
      initialize(body, R"({"protocolVersion":"$L","capabilities":{"roots":{}},"clientInfo":{"name":"c","version":"1"}})"), kServer);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(
      *result,
      spelled(
          R"({"protocolVersion":"$L","capabilities":{"tools":{"listChanged":true},"completions":{},"tasks":{},"extensions":{"com.x/y":{}}},)"
          R"("serverInfo":{"name":"s","title":"S","icons":[],"version":"1"},"instructions":"Hi."})"));
  EXPECT_EQ(session.client_capabilities(), R"({"roots":{}})");
  EXPECT_TRUE(session.admit(Method::tools_list).ok());
  EXPECT_FALSE(session.ready());
  session.initialized();
  EXPECT_TRUE(session.ready());
}

TEST(LegacySession, OldClientsAreToldLess) {
  std::string body;
  LegacySession session{RevisionSet()};
  auto result = session.initialize(initialize(body, R"({"protocolVersion":"$O","capabilities":{},"clientInfo":{}})"), kServer);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(
      *result,
      spelled(
          R"({"protocolVersion":"$O","capabilities":{"tools":{"listChanged":true},"extensions":{"com.x/y":{}}},"serverInfo":{"name":"s","version":"1"},"instructions":"Hi."})"));
}

TEST(LegacySession, UnknownAndModernVersionsGetTheNewestLegacyOne) {
  for (const char* asked : {"tomorrow", "$M", ""}) {
    std::string body;
    LegacySession session{RevisionSet()};
    ASSERT_TRUE(
        session
            .initialize(initialize(body, std::string(R"({"protocolVersion":")") + asked + R"(","capabilities":{},"clientInfo":{}})"),
                        kServer)
            .ok());
    EXPECT_EQ(&session.revision(), &latest_legacy());
  }
}

TEST(LegacySession, ABadHandshakeIsRefusedAndMayBeRepeated) {
  std::string body;
  LegacySession session{RevisionSet()};
  for (const char* params :
       {"{}", R"({"protocolVersion":1,"capabilities":{},"clientInfo":{}})", R"({"protocolVersion":"$L","capabilities":[],"clientInfo":{}})",
        R"({"protocolVersion":"$L","capabilities":{}})"}) {
    auto result = session.initialize(initialize(body, params), kServer);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, kInvalidParams);
  }
  std::string good = R"({"protocolVersion":"$L","capabilities":{},"clientInfo":{}})";
  ASSERT_TRUE(session.initialize(initialize(body, good), kServer).ok());
  EXPECT_EQ(session.initialize(initialize(body, good), kServer).error().code, kInvalidRequest);
  EXPECT_FALSE(session.admit(Method::initialize).ok());
}

TEST(LegacySession, TheLogLevelIsKept) {
  LegacySession session{RevisionSet()};
  EXPECT_FALSE(session.log_level());
  EXPECT_TRUE(session.set_level(*read_params(R"({"level":"alert"})")).ok());
  EXPECT_EQ(session.log_level(), LogLevel::alert);
  EXPECT_EQ(session.set_level(*read_params(R"({"level":"loud"})")).error().code, kInvalidParams);
  EXPECT_FALSE(session.set_level(*read_params("{}")).ok());
}

TEST(Definitions, EntriesKeepTheirBytes) {
  std::string result =
      R"({"tools":[{"name":"a","description":"d\n","inputSchema":{ "type":"object"},"annotations":{"title":"A","readOnlyHint":true},"x-more":[1]},)"
      R"({"name":"","inputSchema":{}},{"inputSchema":{}},{"name":"b"},3,{"name":"c","name":"d","inputSchema":{}},)"
      R"({"name":"e","inputSchema":{},"execution":{"taskSupport":"optional"}}],"nextCursor":""})";
  auto page = read_definitions(DefinitionKind::tool, result);
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->items.size(), 2u);
  EXPECT_EQ(page->refused.size(), 5u);
  EXPECT_EQ(page->next_cursor, "");
  const Definition& a = page->items[0];
  EXPECT_EQ(a.key, "a");
  EXPECT_EQ(a.title, "A");
  EXPECT_EQ(a.description, "d\n");
  EXPECT_EQ(a.input_schema, "{ \"type\":\"object\"}");
  EXPECT_EQ(a.hints.read_only, true);
  EXPECT_FALSE(a.hints.destructive);
  EXPECT_EQ(page->items[1].task_support, "optional");
  EXPECT_EQ(
      renamed(a, "x.a", "new"),
      R"({"name":"x.a","description":"new","inputSchema":{ "type":"object"},"annotations":{"title":"A","readOnlyHint":true},"x-more":[1]})");
  EXPECT_EQ(encode_definitions(DefinitionKind::tool, {"{}", "{}"}, "c"), R"({"tools":[{},{}],"nextCursor":"c"})");
}

TEST(Results, ToolsSpeakOfTasksOnlyWhereTheRevisionHasThem) {
  const std::string list = R"({"tools":[{"name":"a","execution":{"taskSupport":"optional"},"x":1},{"name":"b"}]})";
  for (const Revision* revision : all_revisions()) {
    std::string out = result_for(*revision, Method::tools_list, list, {}, {});
    EXPECT_EQ(out.find("taskSupport") != std::string::npos, revision->features.tasks_core) << revision->name;
    EXPECT_NE(out.find(R"("x":1},{"name":"b"})"), std::string::npos) << revision->name;
  }
}

TEST(Results, PromptsLoseTheBlocksThatOldRevisionsDoNotKnow) {
  const Revision& old = *all_revisions().back();
  const std::string prompt =
      R"({"resultType":"complete","description":"d","messages":[{"role":"user","content":{"type":"audio","data":"AA==","mimeType":"audio/wav"}},)"
      R"({"role":"assistant","content":{"type":"text","text":"hi"}},)"
      R"({"role":"user","content":{"type":"resource_link","uri":"memo://a","name":"A"},"x":1}]})";
  std::string out = result_for(old, Method::prompts_get, prompt, {}, {});
  EXPECT_EQ(out.find("\"audio\""), std::string::npos) << out;
  EXPECT_EQ(out.find("resource_link"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("text":"Resource: memo://a"},"x":1})"), std::string::npos) << out;
  EXPECT_NE(out.find(R"({"role":"assistant","content":{"type":"text","text":"hi"}})"), std::string::npos) << out;
  EXPECT_TRUE(base::validate_json(out).ok());
  std::string newer = result_for(latest_legacy(), Method::prompts_get, prompt, {}, {});
  EXPECT_NE(newer.find("resource_link"), std::string::npos) << newer;
}

TEST(Definitions, OtherKinds) {
  auto resources = read_definitions(DefinitionKind::resource, R"({"resources":[{"uri":"memo://a","name":"A","mimeType":"text/plain"}]})");
  EXPECT_EQ(resources->items[0].key, "memo://a");
  EXPECT_EQ(resources->items[0].mime_type, "text/plain");
  auto templates =
      read_definitions(DefinitionKind::resource_template, R"({"resourceTemplates":[{"uriTemplate":"memo://{x}","name":"T"}]})");
  EXPECT_EQ(templates->items[0].key, "memo://{x}");
  EXPECT_TRUE(read_definitions(DefinitionKind::prompt, R"({"prompts":[]})").ok());
  EXPECT_FALSE(read_definitions(DefinitionKind::prompt, R"({"tools":[]})").ok());
}

}  // namespace
