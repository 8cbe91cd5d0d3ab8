// mcp::Client against servers that break the rules, break off, or were old all the time.
#include <algorithm>

#include "sdk/client_testing.h"

namespace {

using sdk::client_testing::Code;
using sdk::client_testing::event_of;
using sdk::client_testing::Got;
using sdk::client_testing::Result;
using sdk::client_testing::Say;
using sdk::client_testing::Scripted;
using sdk::client_testing::Task;

const std::string kDone = R"({"resultType":"complete","content":[{"type":"text","text":"done"}]})";

mcp::ClientOptions agreeing() {
  mcp::ClientOptions options;
  options.on_elicit = [](mcp::Form) -> Task<mcp::ElicitAnswer> { co_return mcp::ElicitAnswer::accept(); };
  return options;
}

// A modern server whose tools answer by `call`.
std::function<Say(const Got&)> modern(std::function<Say(const Got&)> call, std::string tools = "[]") {
  return [call, tools](const Got& got) {
    if (got.method == "server/discover") return Say::result(got, Scripted::discovered());
    if (got.method == "tools/list")
      return Say::result(got, R"({"resultType":"complete","ttlMs":0,"cacheScope":"private","tools":)" + tools + "}");
    return call(got);
  };
}

std::string call_error(Scripted& server, std::string tool = "t") {
  auto result = server.run(server.client->call_tool(std::move(tool)));
  if (result) return "answered";
  return std::string(mcp::code_name(result.error().code)) + ": " + result.error().message;
}

TEST(ClientRounds, TheStateGoesBackByteForByteAndOnlyTheLastAnswersGo) {
  int round = 0;
  Scripted server(modern([&](const Got& got) {
    ++round;
    if (round == 1)
      return Say::result(
          got,
          R"({"resultType":"input_required","requestState":"a\u0062\/\"\n","inputRequests":{"k1":{"method":"elicitation/create","params":{"message":"m","requestedSchema":{"type":"object","properties":{}}}}}})");
    if (round == 2)
      return Say::result(
          got,
          R"({"resultType":"input_required","inputRequests":{"k2":{"method":"elicitation/create","params":{"message":"m","requestedSchema":{"type":"object","properties":{}}}}}})");
    return Say::result(got, kDone);
  }));
  server.open(agreeing());
  ASSERT_EQ(call_error(server), "answered");
  std::vector<Got> calls;
  std::copy_if(server.all.begin(), server.all.end(), std::back_inserter(calls), [](const Got& got) { return got.method == "tools/call"; });
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(base::find_member(calls[1].params, "requestState"), R"("a\u0062\/\"\n")");
  EXPECT_EQ(base::find_member(calls[1].params, "inputResponses"), R"({"k1":{"action":"accept","content":{}}})");
  EXPECT_TRUE(base::find_member(calls[2].params, "requestState").empty());
  EXPECT_EQ(base::find_member(calls[2].params, "inputResponses"), R"({"k2":{"action":"accept","content":{}}})");
  EXPECT_NE(calls[0].id, calls[1].id);
  EXPECT_NE(calls[1].id, calls[2].id);
}

TEST(ClientRounds, AStateWithoutQuestionsIsSentBackAfterAPause) {
  int round = 0;
  Scripted server(modern([&](const Got& got) {
    return Say::result(got, ++round == 1 ? R"({"resultType":"input_required","requestState":"later"})" : kDone);
  }));
  server.open();
  auto began = base::Timers::now();
  ASSERT_EQ(call_error(server), "answered");
  EXPECT_GE(base::Timers::now() - began, base::Millis(200));
  EXPECT_TRUE(base::find_member(server.all.back().params, "inputResponses").empty());
  EXPECT_EQ(base::find_member(server.all.back().params, "requestState"), "\"later\"");
}

TEST(ClientRounds, ResultsThatMakeNoSenseAreRefused) {
  std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"resultType":"surprise"})", "resultType is unknown"},
      {R"({"resultType":7})", "resultType is unknown"},
      {R"({"resultType":"task","taskId":"x","status":"working","createdAt":"","lastUpdatedAt":"","ttlMs":null})", "was not offered"},
      {R"({"resultType":"input_required"})", "does not say which"},
      {R"({"resultType":"input_required","inputRequests":[]})", "inputRequests is no object"},
      {R"({"resultType":"input_required","requestState":7})", "requestState is no string"},
      {R"({"resultType":"input_required","inputRequests":{"a":{"method":"tools/call"}}})", "which nobody knows"},
      {R"({"resultType":"input_required","inputRequests":{"a":7}})", "which nobody knows"},
      {R"({"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{"message":"m","requestedSchema":{"properties":{"x":{"type":"object"}}}}}}})",
       "'x' is of no type"},
      {R"({"resultType":"input_required","inputRequests":{"a":{"method":"sampling/createMessage","params":{"messages":[]}}}})",
       "did not say that it answers"}};
  for (const auto& [result, expected] : cases) {
    std::string text = result;
    Scripted server(modern([&](const Got& got) { return Say::result(got, text); }));
    server.open(agreeing());
    std::string error = call_error(server);
    EXPECT_NE(error.find(expected), std::string::npos) << result << " gave " << error;
  }
}

TEST(ClientRounds, ATaskWhereNoneMayBeIsRefused) {
  Scripted server(modern([&](const Got& got) {
    return Say::result(got, R"({"resultType":"task","taskId":"x","status":"working","createdAt":"","lastUpdatedAt":"","ttlMs":null})");
  }));
  mcp::ClientOptions options;
  options.tasks = mcp::TaskFollowing{};
  server.open(std::move(options));
  auto prompt = server.run(server.client->get_prompt("p"));
  ASSERT_FALSE(prompt.ok());
  EXPECT_EQ(prompt.error().code, Code::upstream_failed);
}

TEST(ClientTasks, AQuestionIsAnsweredOnceAndAFailureIsAnError) {
  int looks = 0;
  std::string ended = R"("status":"failed","error":{"code":-32603,"message":"broken","data":{"x":1}})";
  Scripted server(modern([&](const Got& got) {
    const std::string task = R"("taskId":"x","createdAt":"","lastUpdatedAt":"","ttlMs":null,"pollIntervalMs":1,)";
    if (got.method == "tools/call") return Say::result(got, R"({"resultType":"task",)" + task + R"("status":"working"})");
    if (got.method == "tasks/update") return Say::result(got, R"({"resultType":"complete"})");
    if (++looks <= 3)
      return Say::result(
          got,
          R"({"resultType":"complete",)" + task +
              R"("status":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":{"message":"m","requestedSchema":{"type":"object","properties":{}}}}}})");
    return Say::result(got, R"({"resultType":"complete",)" + task + ended + "}");
  }));
  mcp::ClientOptions options = agreeing();
  options.tasks = mcp::TaskFollowing{.least_pause = std::chrono::milliseconds(1)};
  server.open(std::move(options));
  std::string error = call_error(server);
  EXPECT_NE(error.find("broken"), std::string::npos) << error;
  EXPECT_EQ(server.count("tasks/update"), 1);
  EXPECT_EQ(server.count("tasks/get"), 4);
  for (const Got& got : server.all) EXPECT_EQ(got.header("mcp-name") == "x", got.method.starts_with("tasks/")) << got.body;
}

TEST(ClientTasks, ATaskThatDoesNotEndIsCancelled) {
  Scripted server(modern([&](const Got& got) {
    const std::string task = R"("taskId":"x","createdAt":"","lastUpdatedAt":"","ttlMs":null,"pollIntervalMs":1,"status":"working"})";
    if (got.method == "tasks/cancel") return Say::result(got, R"({"resultType":"complete"})");
    return Say::result(got, (got.method == "tools/call" ? R"({"resultType":"task",)" : R"({"resultType":"complete",)") + task);
  }));
  mcp::ClientOptions options;
  options.tasks = mcp::TaskFollowing{.least_pause = std::chrono::milliseconds(5), .patience = std::chrono::milliseconds(100)};
  server.open(std::move(options));
  std::string error = call_error(server);
  EXPECT_TRUE(error.starts_with("timeout")) << error;
  EXPECT_EQ(server.count("tasks/cancel"), 1);
}

constexpr const char* kTools = R"([{"name":"reads","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}},
  {"name":"writes","inputSchema":{"type":"object"}},
  {"name":"bad","inputSchema":{"type":"object","properties":{"a":{"type":"number","x-mcp-header":"A"}}}}])";

TEST(ClientStreams, ALostAnswerIsAskedForAgainOnlyWhereThatIsSafe) {
  int calls = 0;
  Scripted server(modern(
      [&](const Got& got) {
        if (++calls % 2 == 1) return Say::events(": nothing yet\n\n");
        return Say::result(got, kDone);
      },
      kTools));
  server.open();
  auto tools = server.run(server.client->list_tools());
  ASSERT_TRUE(tools.ok());
  ASSERT_EQ(tools->size(), 2u);
  ASSERT_EQ(server.notices.size(), 1u);
  EXPECT_NE(server.notices[0].find("'bad' was left out"), std::string::npos) << server.notices[0];
  EXPECT_EQ(call_error(server, "reads"), "answered");
  EXPECT_EQ(server.count("tools/call"), 2);
  std::string error = call_error(server, "writes");
  EXPECT_TRUE(error.starts_with("unavailable")) << error;
  EXPECT_EQ(server.count("tools/call"), 3);
  auto read = server.run(server.client->read_resource("x://y"));
  EXPECT_FALSE(read.ok());  // nonsense, and no second try for that
  EXPECT_EQ(server.count("resources/read"), 1);
}

TEST(ClientHeaders, AMismatchIsTriedAgainWithANewList) {
  int lists = 0;
  Scripted server([&](const Got& got) {
    if (got.method == "server/discover") return Say::result(got, Scripted::discovered());
    if (got.method == "tools/list") {
      ++lists;
      return Say::result(
          got,
          R"({"resultType":"complete","ttlMs":60000,"cacheScope":"private","tools":[{"name":"t","inputSchema":{"type":"object","properties":{"r":{"type":"string","x-mcp-header":"R"}}}}]})");
    }
    if (got.header("mcp-param-r").empty()) return Say::error(got, 400, protocol::kHeaderMismatch);
    return Say::result(got, kDone);
  });
  server.open();
  auto result = server.run(server.client->call_tool("t", R"({"r":"eu"})"));
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(lists, 1);
  EXPECT_EQ(server.count("tools/call"), 2);
  EXPECT_EQ(server.all.back().header("mcp-param-r"), "eu");
}

TEST(ClientResults, WhatBreaksTheOutputSchemaIsRefused) {
  const std::string tools =
      R"([{"name":"t","inputSchema":{"type":"object"},"outputSchema":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}}])";
  std::string structured = R"("structuredContent":{"n":9007199254740993})";
  std::string answer = R"({"resultType":"complete","content":[],)";
  Scripted server(modern([&](const Got& got) { return Say::result(got, answer + structured + "}"); }, tools));
  server.open();
  ASSERT_TRUE(server.run(server.client->list_tools()).ok());
  auto good = server.run(server.client->call_tool("t"));
  ASSERT_TRUE(good.ok()) << good.error().message;
  EXPECT_EQ(good->structured, R"({"n":9007199254740993})");
  structured = R"("structuredContent":{"n": 1e400, "x": 123456789012345678901234567890})";
  good = server.run(server.client->call_tool("t"));
  ASSERT_TRUE(good.ok()) << good.error().message;
  EXPECT_EQ(good->structured, R"({"n":1e400,"x":123456789012345678901234567890})") << "numbers as they came";
  structured = R"("structuredContent":{"n":"1"})";
  EXPECT_EQ(call_error(server),
            "upstream_failed: the result of tool 't' does not keep its output schema: structuredContent '/n' must be an integer, and is a "
            "string");
  structured = R"("isError":false)";
  EXPECT_NE(call_error(server).find("structuredContent is missing"), std::string::npos);
  structured = R"("isError":true)";
  EXPECT_EQ(call_error(server), "answered");
}

TEST(ClientHeaders, AMismatchThatStaysIsAnError) {
  Scripted server(modern([&](const Got& got) { return Say::error(got, 400, protocol::kHeaderMismatch); }));
  server.open();
  EXPECT_NE(call_error(server), "answered");
  EXPECT_EQ(server.count("tools/call"), 2);
}

TEST(ClientEra, ARefusalThatNamesTheSameRevisionIsTriedOnce) {
  int calls = 0;
  const std::string data = R"({"supported":[")" + std::string(protocol::latest_modern().name) + R"("],"requested":"x"})";
  Scripted server(modern(
      [&](const Got& got) { return ++calls == 1 ? Say::error(got, 400, protocol::kUnsupportedVersion, data) : Say::result(got, kDone); }));
  server.open();
  EXPECT_EQ(call_error(server), "answered");
  calls = -10;
  Scripted stubborn(modern([&](const Got& got) { return Say::error(got, 400, protocol::kUnsupportedVersion, data); }));
  stubborn.open();
  EXPECT_NE(call_error(stubborn), "answered");
  EXPECT_EQ(stubborn.count("tools/call"), 2);
}

// One that was asked before is believed, in both eras, until it turns out to be another.
TEST(ClientEra, AVerdictIsRememberedAndProbedAgainWhenItFails) {
  bool old = true;
  Scripted server([&](const Got& got) {
    if (old) {
      if (got.method == "initialize") return Say::result(got, Scripted::initialized());
      if (got.id.empty()) return Say{.status = 202};
      return got.method == "tools/list" ? Say::result(got, R"({"tools":[]})") : Say::error(got, 200, protocol::kMethodNotFound);
    }
    if (got.method == "server/discover") {
      std::string discover = Scripted::discovered();
      discover.replace(discover.find("\"ttlMs\":0"), 9, "\"ttlMs\":60000");
      return Say::result(got, discover);
    }
    if (got.method == "initialize") return Say::error(got, 404, protocol::kMethodNotFound);
    return Say::result(got, R"({"resultType":"complete","ttlMs":0,"cacheScope":"private","tools":[]})");
  });
  mcp::ClientOptions options;
  options.cache = mcp::ClientCache();
  auto visit = [&] {
    server.all.clear();
    server.open(options);
    EXPECT_TRUE(server.run(server.client->list_tools()).ok());
    std::string revision = server.client->revision();
    server.close();
    return revision;
  };
  EXPECT_EQ(visit(), protocol::latest_legacy().name);
  EXPECT_EQ(server.count("server/discover"), 1);
  EXPECT_EQ(visit(), protocol::latest_legacy().name);
  EXPECT_EQ(server.count("server/discover"), 0);
  old = false;
  EXPECT_EQ(visit(), protocol::latest_modern().name);
  EXPECT_EQ(server.count("server/discover"), 1);
  EXPECT_EQ(visit(), protocol::latest_modern().name);
  EXPECT_EQ(server.count("server/discover"), 0);
  old = true;
  server.all.clear();
  server.open(options);
  EXPECT_EQ(server.client->revision(), protocol::latest_modern().name);
}

TEST(ClientCache, PrivateAnswersAreNotSharedAndPublicOnesAre) {
  std::string scope = "private";
  int reads = 0;
  Scripted server([&](const Got& got) {
    if (got.method == "server/discover") return Say::result(got, Scripted::discovered());
    ++reads;
    return Say::result(got, R"({"resultType":"complete","ttlMs":60000,"cacheScope":")" + scope + R"(","contents":[]})");
  });
  mcp::ClientOptions options;
  options.cache = mcp::ClientCache();
  auto read = [&](const char* token, const char* uri) {
    options.headers = {{"Authorization", token}};
    server.open(options);
    EXPECT_TRUE(server.run(server.client->read_resource(uri)).ok());
    server.close();
    return reads;
  };
  EXPECT_EQ(read("Bearer a", "x://1"), 1);
  EXPECT_EQ(read("Bearer a", "x://1"), 1);
  EXPECT_EQ(read("Bearer b", "x://1"), 2);
  scope = "public";
  EXPECT_EQ(read("Bearer a", "x://2"), 3);
  EXPECT_EQ(read("Bearer b", "x://2"), 3);
}

TEST(ClientCache, NonsenseHintsAreNotKept) {
  std::vector<std::string> hints = {"", R"("ttlMs":-5,)", R"("ttlMs":"60000",)", R"("ttlMs":1e300,)", R"("ttlMs":null,)"};
  for (const auto& hint : hints) {
    Scripted server([&](const Got& got) {
      if (got.method == "server/discover") return Say::result(got, Scripted::discovered());
      return Say::result(got, "{" + hint + R"("resultType":"complete","cacheScope":"public","contents":[]})");
    });
    server.open();
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(server.run(server.client->read_resource("x://1")).ok()) << hint;
    EXPECT_EQ(server.count("resources/read"), 2) << hint;
  }
}

TEST(ClientCache, AnAnswerAfterQuestionsIsNotKept) {
  int asked = 0;
  Scripted server([&](const Got& got) {
    if (got.method == "server/discover") return Say::result(got, Scripted::discovered());
    if (base::find_member(got.params, "inputResponses").empty()) {
      ++asked;
      return Say::result(
          got,
          R"({"resultType":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":{"message":"m","requestedSchema":{"type":"object","properties":{}}}}}})");
    }
    return Say::result(got, R"({"resultType":"complete","ttlMs":60000,"cacheScope":"public","contents":[]})");
  });
  server.open(agreeing());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(server.run(server.client->read_resource("x://1")).ok());
  EXPECT_EQ(asked, 2);
}

TEST(ClientPages, ACursorThatIsNotKnownAnyMoreStartsAgainAndOneThatGoesRoundEnds) {
  int lists = 0;
  Scripted server([&](const Got& got) {
    if (got.method == "server/discover") return Say::result(got, Scripted::discovered());
    ++lists;
    const bool first = base::find_member(got.params, "cursor").empty();
    auto page = [&](const char* name, const char* more) {
      return Say::result(got, R"({"resultType":"complete","ttlMs":60000,"cacheScope":"public","tools":[{"name":")" + std::string(name) +
                                  R"(","inputSchema":{"type":"object"}}])" + more + "}");
    };
    if (first) return page("a", R"(,"nextCursor":"")");
    if (lists == 2) return Say::error(got, 200, protocol::kInvalidParams);
    return page("b", R"(,"nextCursor":"")");
  });
  server.open();
  auto tools = server.run(server.client->list_tools());
  ASSERT_TRUE(tools.ok()) << tools.error().message;
  ASSERT_EQ(tools->size(), 2u);
  EXPECT_EQ(lists, 4);
  EXPECT_EQ((*tools)[1].name, "b");
}

// Legacy: a stream that ends before the answer is taken up by GET, with the place, after the server's time.
TEST(ClientLegacy, AStreamIsTakenUpWhereItEnded) {
  base::Instant ended;
  int gets = 0;
  Scripted server([&](const Got& got) {
    if (got.method == "initialize") {
      Say say = Say::result(got, Scripted::initialized());
      say.session = "s1";
      return say;
    }
    if (got.method == "tools/call") {
      ended = base::Timers::now();
      return Say::events("id: e1\nretry: 120\ndata: \n\n");
    }
    if (got.http_method == "GET") {
      if (++gets == 1) return Say::events("id: e2\nretry: 40\ndata: \n\n");
      return Say::events(event_of(R"({"jsonrpc":"2.0","id":3,"result":{"content":[{"type":"text","text":"resumed"}]}})", "e3"));
    }
    return got.id.empty() ? Say{.status = 202} : Say::error(got, 200, protocol::kMethodNotFound);
  });
  mcp::ClientOptions options;
  options.revisions = {std::string(protocol::latest_legacy().name)};
  server.open(std::move(options));
  // Ids count up, and the call's is known then.
  auto skip = server.run(server.client->request("ping", "{}"));
  EXPECT_FALSE(skip.ok());
  auto result = server.run(server.client->call_tool("t"));
  ASSERT_TRUE(result.ok()) << result.error().message;
  std::vector<Got> taken;
  std::copy_if(server.all.begin(), server.all.end(), std::back_inserter(taken), [](const Got& got) { return got.http_method == "GET"; });
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0].last_event_id, "e1");
  EXPECT_EQ(taken[1].last_event_id, "e2");
  EXPECT_EQ(taken[0].session, "s1");
  EXPECT_GE(base::Timers::now() - ended, base::Millis(150));
}

TEST(ClientLegacy, ResumptionIsBounded) {
  Scripted server([&](const Got& got) {
    if (got.method == "initialize") return Say::result(got, Scripted::initialized());
    if (got.method == "tools/call" || got.http_method == "GET") return Say::events("id: e\nretry: 1\ndata: \n\n");
    return Say{.status = 202};
  });
  mcp::ClientOptions options;
  options.revisions = {std::string(protocol::latest_legacy().name)};
  server.open(std::move(options));
  std::string error = call_error(server);
  EXPECT_TRUE(error.starts_with("unavailable")) << error;
}

// The server asks on the stream of the call; what is not known is refused, and the call goes on.
TEST(ClientLegacy, UnknownRequestsAreRefusedAndPingIsAnswered) {
  Scripted server([&](const Got& got) {
    if (got.method == "initialize") return Say::result(got, Scripted::initialized());
    if (got.method == "tools/call")
      return Say::events(event_of(R"({"jsonrpc":"2.0","id":"p","method":"ping"})") +
                         event_of(R"({"jsonrpc":"2.0","id":"q","method":"sampling/createMessage","params":{}})") +
                         event_of(R"({"jsonrpc":"2.0","id":"r","method":"made/up"})") +
                         event_of(protocol::encode_result(got.id, R"({"content":[]})")));
    return Say{.status = 202};
  });
  mcp::ClientOptions options;
  options.revisions = {std::string(protocol::latest_legacy().name)};
  server.open(std::move(options));
  EXPECT_EQ(call_error(server), "answered");
  server.wait_for_messages(6);
  std::string said;
  for (const Got& got : server.all)
    if (got.http_method == "POST") said += got.body + "\n";
  EXPECT_NE(said.find(R"({"jsonrpc":"2.0","id":"p","result":{}})"), std::string::npos) << said;
  for (const char* id : {"q", "r"}) {
    auto at = said.find("\"id\":\"" + std::string(id) + "\"");
    ASSERT_NE(at, std::string::npos) << said;
    EXPECT_NE(said.find("-32601", at), std::string::npos) << said;
  }
}

TEST(ClientLegacy, AVisitThatComesFirstIsMadeAndTheCallSentAgain) {
  int calls = 0;
  Scripted server([&](const Got& got) {
    if (got.method == "initialize") return Say::result(got, Scripted::initialized());
    if (got.method == "tools/call" && ++calls == 1)
      return Say::error(got, 200, protocol::kLegacyUrlElicitation,
                        R"({"elicitations":[{"mode":"url","elicitationId":"e","url":"https://sign.example/","message":"m"}]})");
    if (got.method == "tools/call") return Say::result(got, R"({"content":[]})");
    return got.http_method == "GET" ? Say{.status = 405} : Say{.status = 202};
  });
  int visits = 0;
  mcp::ClientOptions options;
  options.revisions = {std::string(protocol::latest_legacy().name)};
  options.on_visit = [&](mcp::Visit) -> Task<mcp::ElicitAnswer> {
    ++visits;
    co_return mcp::ElicitAnswer::accept();
  };
  server.open(std::move(options));
  EXPECT_EQ(call_error(server), "answered");
  EXPECT_EQ(visits, 1);
}

std::string listen_event(const Got& got, const std::string& method, const std::string& rest, std::string id = {}) {
  if (id.empty()) id = got.id;
  return event_of(R"({"jsonrpc":"2.0","method":"notifications/)" + method +
                  R"(","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":)" + id + "}" + rest + "}}");
}

Task<void> heard(base::Signal* signal, std::vector<mcp::Change>* changes, std::size_t n) {
  while (changes->size() < n) co_await signal->wait();
}

TEST(ClientListen, OnlyWhatWasAgreedToIsToldAndABrokenStreamIsOpenedAgain) {
  int streams = 0;
  Scripted server([&](const Got& got) {
    if (got.method == "server/discover") return Say::result(got, Scripted::discovered());
    const std::string agreed =
        listen_event(got, "subscriptions/acknowledged", R"(,"notifications":{"toolsListChanged":true,"promptsListChanged":true})");
    if (++streams == 1)
      return Say::events(listen_event(got, "tools/list_changed", "") + agreed + listen_event(got, "tools/list_changed", "", "\"other\"") +
                         listen_event(got, "prompts/list_changed", "") + listen_event(got, "resources/list_changed", "") +
                         listen_event(got, "tools/list_changed", ""));
    Say say = Say::events(agreed);
    say.stay_open = true;
    return say;
  });
  server.open();
  std::vector<mcp::Change> changes;
  base::Signal signal;
  mcp::ListenFilter wanted;
  wanted.tools = true;
  wanted.resources = true;
  auto subscription = server.run(server.client->listen(wanted, [&](const mcp::Change& change) {
    changes.push_back(change);
    signal.raise();
  }));
  ASSERT_TRUE(subscription.ok()) << subscription.error().message;
  EXPECT_TRUE(subscription->granted().tools);
  EXPECT_FALSE(subscription->granted().prompts);  // nobody asked for it
  EXPECT_FALSE(subscription->granted().resources);
  ASSERT_TRUE(server.run(heard(&signal, &changes, 2)).ok());
  EXPECT_EQ(changes.size(), 2u);  // one that came, one for the break
  EXPECT_EQ(streams, 2);
}

TEST(ClientListen, NoAgreementIsAnError) {
  std::vector<std::function<Say(const Got&)>> servers = {
      [](const Got& got) { return Say::error(got, 404, protocol::kMethodNotFound); },
      [](const Got& got) { return Say::result(got, R"({"resultType":"complete"})"); },
      [](const Got& got) { return Say::events(listen_event(got, "tools/list_changed", "")); },
      [](const Got&) { return Say{.status = 500}; }};
  for (auto& answer : servers) {
    Scripted server([&](const Got& got) {
      if (got.method == "server/discover") return Say::result(got, Scripted::discovered());
      return answer(got);
    });
    server.open();
    mcp::ListenFilter wanted;
    wanted.tools = true;
    auto subscription = server.run(server.client->listen(wanted, [](const mcp::Change&) {}));
    EXPECT_FALSE(subscription.ok());
  }
}

}  // namespace
