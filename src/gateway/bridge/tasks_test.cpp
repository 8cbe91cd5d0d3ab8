#include "gateway/bridge/tasks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "protocol/versions/versions.h"

namespace {

using base::Code;
using base::Loop;
using base::Millis;
using base::Result;
using base::Task;
using gateway::Carrier;
using gateway::HandedTask;
using gateway::Hello;
using gateway::LinkRequest;
using gateway::TaskAsk;
using gateway::TaskBridge;
using gateway::TaskCall;
using protocol::Method;
using sdk::Reply;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kExtension = R"({"tools":{},"extensions":{"io.modelcontextprotocol/tasks":{}}})";
constexpr const char* kCore = R"({"tools":{},"tasks":{"requests":{"tools":{"call":{}}}}})";
constexpr const char* kClient = R"({"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}})";

const protocol::Revision& core_revision() {
  for (const auto* revision : protocol::all_revisions())
    if (revision->features.tasks_core) return *revision;
  return protocol::latest_legacy();
}

// What a test's upstream does; `asked` has each method with its params.
struct Script {
  Hello hello;
  std::function<Task<Reply>(LinkRequest)> serve;
  std::vector<std::string> asked;
  std::size_t count(std::string_view method) const {
    return static_cast<std::size_t>(
        std::count_if(asked.begin(), asked.end(), [&](const std::string& one) { return one.starts_with(method); }));
  }
};

class ScriptedLink final : public gateway::Link {
 public:
  explicit ScriptedLink(Script& script) : script_(script) {}
  const Hello& hello() const override { return script_.hello; }
  Task<Reply> request(LinkRequest request) override {
    script_.asked.push_back(std::string(protocol::method_name(request.method)) + " " + std::string(request.params));
    return script_.serve(std::move(request));
  }
  bool alive() const override { return true; }
  std::string why() const override { return {}; }
  Task<void> close() override { co_return; }

 private:
  Script& script_;
};

class Ears final : public sdk::Outlet {
 public:
  explicit Ears(Loop& loop) : loop_(loop) {}
  Result<> notify(Method method, std::string_view params) override {
    told.push_back(std::string(protocol::method_name(method)) + " " + std::string(params));
    return {};
  }
  Task<std::string> request(Method method, std::string params) override {
    asked.push_back(std::string(protocol::method_name(method)) + " " + params);
    co_return answer;
  }
  std::stop_token stop_token() const override { return {}; }
  Loop& loop() override { return loop_; }
  std::vector<std::string> asked, told;
  Result<std::string> answer = std::string(R"({"action":"accept","content":{"a":1}})");

 private:
  Loop& loop_;
};

Task<Reply> now(std::string result) { co_return Reply(std::move(result)); }
Task<Reply> refuse(protocol::RpcError error) { co_return Reply(std::move(error)); }
Task<Reply> never(Loop* loop, std::stop_token stop, base::Instant deadline) {
  base::OneShot<void> end;
  co_await base::wait_for(end, loop->timers(), stop, deadline);
  co_return Reply(std::string("{}"));
}

class World {
 public:
  World(const protocol::Revision& upstream_speaks, const char* capabilities, std::string support = {}) {
    script.hello = {&upstream_speaks, "{}", capabilities, ""};
    gateway::ServerConfig config;
    config.id = "up";
    auto opener = [this](gateway::LinkEvents, std::stop_token) -> Task<std::unique_ptr<gateway::Link>> {
      auto open = [](Script* made) -> Task<std::unique_ptr<gateway::Link>> {
        co_return std::unique_ptr<gateway::Link>(std::make_unique<ScriptedLink>(*made));
      };
      return open(&script);
    };
    upstream = std::make_shared<gateway::Upstream>(loop, config, opener, gateway::LinkEvents());
    server.id = "up";
    server.capabilities = capabilities;
    definition.key = "work";
    definition.task_support = std::move(support);
    entry.server = &server;
    entry.definition = &definition;
    entry.name = "work";
    entry.public_name = "up__work";
  }
  ~World() {
    EXPECT_TRUE(loop.block_on(bridge.stop()).ok());
    EXPECT_TRUE(loop.block_on(upstream->close()).ok());
  }

  sdk::Inbound inbound(const protocol::Revision& client, Method method, const std::string& params) {
    kept.push_back(std::make_unique<std::string>(params));
    sdk::Inbound in;
    in.rpc.revision = &client;
    in.rpc.era = client.era;
    in.rpc.message.known = method;
    in.rpc.message.method = protocol::method_name(method);
    in.rpc.params = *protocol::read_params(*kept.back());
    in.client_capabilities = client_capabilities;
    in.session = session;
    return in;
  }

  // A call as front_dispatch makes it.
  Result<Reply> call(const protocol::Revision& client, const std::string& params = R"({"name":"work"})",
                     TaskCall::Route route = TaskCall::Route::aggregate) {
    sdk::Inbound in = inbound(client, Method::tools_call, params);
    LinkRequest request;
    request.method = Method::tools_call;
    request.audience = {"ann", R"({"elicitation":{"form":{}}})", {}};
    request.params = in.rpc.params.raw;
    request.client_capabilities = R"({"elicitation":{}})";
    request.stop = stop.get_token();
    request.deadline = base::Timers::now() + Millis(10'000);
    request.on_question = on_question;
    if (progress) request.on_notification = [this](Method, std::string_view said) { told.emplace_back(said); };
    TaskCall tasked(upstream, entry, in, route);
    return loop.block_on(bridge.call(std::move(tasked), std::move(request)));
  }
  std::string text(const protocol::Revision& client, const std::string& params = R"({"name":"work"})",
                   TaskCall::Route route = TaskCall::Route::aggregate) {
    return said(call(client, params, route));
  }

  Result<Reply> about(const protocol::Revision& client, Method method, const std::string& id, const std::string& more = {}) {
    auto task = bridge.open(id, "ann");
    if (!task) return std::move(task).error();
    sdk::Inbound in = inbound(client, method, "{\"taskId\":" + base::quoted(id) + more + "}");
    TaskAsk ask;
    ask.host.upstream = upstream;
    ask.task = &*task;
    ask.id = id;
    ask.in = &in;
    ask.out = &ears;
    return loop.block_on(bridge.answer(ask));
  }
  std::string tell(const protocol::Revision& client, Method method, const std::string& id, const std::string& more = {}) {
    return said(about(client, method, id, more));
  }
  static std::string said(Result<Reply> reply) {
    if (!reply) return "error " + std::string(mcp::code_name(reply.error().code)) + ": " + reply.error().message;
    if (reply->error()) return "rpc " + std::to_string(reply->error()->code) + ": " + reply->error()->message;
    return std::string(reply->result());
  }
  static std::string id_in(const std::string& result) {
    auto read = protocol::read_task(result);
    return read ? read->id : std::string();
  }

  Loop loop;
  Carrier carrier{"one", {}};
  TaskBridge bridge{loop, carrier};
  Script script;
  gateway::ServerCatalog server;
  gateway::Definition definition;
  gateway::Entry entry;
  std::shared_ptr<gateway::Upstream> upstream;
  Ears ears{loop};
  std::stop_source stop;
  std::string client_capabilities = kClient;
  std::shared_ptr<sdk::Session> session;
  std::function<Task<std::string>(Method, std::string)> on_question;
  bool progress = false;
  std::vector<std::string> told;
  std::vector<std::unique_ptr<std::string>> kept;
};

std::string flat(std::string_view status, std::string_view more = {}) {
  return R"({"taskId":"real","status":")" + std::string(status) +
         R"(","createdAt":"c","lastUpdatedAt":"u","ttlMs":60000,"pollIntervalMs":10)" + std::string(more) + "}";
}
std::string core(std::string_view status) {
  return R"({"taskId":"real","status":")" + std::string(status) + R"(","createdAt":"c","lastUpdatedAt":"u","ttl":60000,"pollInterval":10})";
}
std::string nested(std::string_view status) { return "{\"task\":" + core(status) + "}"; }
std::string made(std::string_view status) { return R"({"resultType":"task",)" + flat(status, R"(,"extra":1)").substr(1); }

TEST(TaskBridge, IdsAreWrappedBetweenPeersOfTheExtension) {
  World w(protocol::latest_modern(), kExtension);
  w.script.serve = [](LinkRequest request) {
    if (request.method == Method::tools_call) {
      EXPECT_THAT(std::string(request.client_capabilities), HasSubstr("io.modelcontextprotocol/tasks"));
      return now(made("working"));
    }
    if (request.method == Method::tasks_get) return now(flat("completed", R"(,"result":{"content":[]},"extra":2)"));
    return now("{\"resultType\":\"complete\"}");
  };
  std::string created = w.text(protocol::latest_modern());
  EXPECT_THAT(created, HasSubstr(R"("extra":1)"));
  std::string id = World::id_in(created);
  EXPECT_NE(id, "real");
  std::string got = w.tell(protocol::latest_modern(), Method::tasks_get, id);
  EXPECT_THAT(got, HasSubstr(R"("extra":2)"));
  EXPECT_EQ(World::id_in(got), id);
  EXPECT_THAT(w.script.asked.back(), HasSubstr(R"("taskId":"real")"));
  EXPECT_EQ(w.tell(protocol::latest_modern(), Method::tasks_cancel, id), "{\"resultType\":\"complete\"}");
  // Nobody else has it, and nobody can make one.
  EXPECT_FALSE(w.bridge.open(id, "bob").ok());
  EXPECT_FALSE(w.bridge.open("real", "ann").ok());
  EXPECT_FALSE(w.bridge.open(id + "x", "ann").ok());
}

TEST(TaskBridge, ALegacyTaskIsFlatAndHasItsResultInside) {
  World w(core_revision(), kCore, "optional");
  std::string status = "working";
  bool refuses = false;
  w.script.serve = [&](LinkRequest request) {
    if (request.method == Method::tools_call) return now(nested("working"));
    if (request.method == Method::tasks_get) return now(core(status));
    if (refuses) return refuse({-32050, 200, "broken", "", ""});
    return now(R"({"content":[],"isError":true,"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"real"}}})");
  };
  std::string created = w.text(protocol::latest_modern());
  EXPECT_THAT(w.script.asked[0], HasSubstr(R"("task":{})"));
  EXPECT_THAT(created, StartsWith(R"({"resultType":"task","taskId":)"));
  EXPECT_THAT(created, HasSubstr(R"("ttlMs":60000,"pollIntervalMs":10)"));
  std::string id = World::id_in(created);
  EXPECT_THAT(w.tell(protocol::latest_modern(), Method::tasks_get, id), HasSubstr(R"("status":"working")"));
  // What failed with a result is complete here; what has none has failed.
  status = "failed";
  std::string got = w.tell(protocol::latest_modern(), Method::tasks_get, id);
  EXPECT_THAT(got, HasSubstr(R"("status":"completed")"));
  EXPECT_THAT(got, HasSubstr(R"("isError":true)"));
  EXPECT_THAT(got, Not(HasSubstr("related-task")));
  refuses = true;
  got = w.tell(protocol::latest_modern(), Method::tasks_get, id);
  EXPECT_THAT(got, HasSubstr(R"("status":"failed")"));
  EXPECT_THAT(got, HasSubstr(R"("code":-32050)"));
}

TEST(TaskBridge, WhatALegacyTaskAsksIsFetchedAndAnswered) {
  World w(core_revision(), kCore, "optional");
  std::string status = "input_required";
  std::vector<std::string> answers;
  w.script.serve = [&](LinkRequest request) {
    if (request.method == Method::tools_call) return now(nested("working"));
    if (request.method == Method::tasks_get) return now(core(status));
    if (request.method == Method::tasks_cancel) return refuse(protocol::invalid_params("it has ended"));
    auto asks = [](World* world, std::function<Task<std::string>(Method, std::string)> ask, std::vector<std::string>* into,
                   std::string* state) -> Task<Reply> {
      for (int round = 0; round < 2; ++round) {
        Task<std::string> question =
            ask(Method::elicitation_create, R"({"message":"m","_meta":{"io.modelcontextprotocol/related-task":{"taskId":"real"}}})");
        Result<std::string> answer = co_await std::move(question).result();
        into->push_back(answer ? *answer : answer.error().message);
      }
      *state = "completed";
      (void)world;
      co_return Reply(std::string(R"({"content":[]})"));
    };
    if (status == "completed") return now(R"({"content":[]})");
    return asks(&w, request.on_question, &answers, &status);
  };
  std::string id = World::id_in(w.text(protocol::latest_modern()));
  std::set<std::string> keys;
  for (int round = 0; round < 2; ++round) {
    std::string got = w.tell(protocol::latest_modern(), Method::tasks_get, id);
    EXPECT_THAT(got, HasSubstr(R"("status":"input_required")"));
    EXPECT_THAT(got, Not(HasSubstr("related-task")));
    EXPECT_EQ(w.tell(protocol::latest_modern(), Method::tasks_get, id), got);
    base::Members requests(base::find_member(got, "inputRequests"));
    ASSERT_TRUE(requests.next());
    std::string key(requests.key());
    EXPECT_TRUE(keys.insert(key).second);
    EXPECT_FALSE(requests.next());
    std::string update = R"(,"inputResponses":{"x":{},")" + key + R"(":{"action":"accept","n":)" + std::to_string(round) + "}}";
    EXPECT_EQ(w.tell(protocol::latest_modern(), Method::tasks_update, id, update), "{}");
  }
  EXPECT_THAT(answers, ElementsAre(R"({"action":"accept","n":0})", R"({"action":"accept","n":1})"));
  EXPECT_THAT(w.tell(protocol::latest_modern(), Method::tasks_get, id), HasSubstr(R"("status":"completed")"));
  EXPECT_EQ(w.tell(protocol::latest_modern(), Method::tasks_cancel, id), "{}");
  EXPECT_THAT(w.tell(protocol::latest_modern(), Method::tasks_update, id), HasSubstr("rpc -32602"));
}

TEST(TaskBridge, AQuestionEndsWithTheGateway) {
  World w(core_revision(), kCore, "optional");
  std::string answer;
  w.script.serve = [&](LinkRequest request) {
    if (request.method == Method::tools_call) return now(nested("working"));
    if (request.method == Method::tasks_get) return now(core("input_required"));
    auto asks = [](std::function<Task<std::string>(Method, std::string)> ask, std::string* into) -> Task<Reply> {
      Task<std::string> question = ask(Method::roots_list, "{}");
      Result<std::string> result = co_await std::move(question).result();
      *into = result ? *result : result.error().message;
      co_return Reply(std::string("{}"));
    };
    return asks(request.on_question, &answer);
  };
  std::string id = World::id_in(w.text(protocol::latest_modern()));
  EXPECT_THAT(w.tell(protocol::latest_modern(), Method::tasks_get, id), HasSubstr("roots/list"));
  ASSERT_TRUE(w.loop.block_on(w.bridge.stop()).ok());
  EXPECT_EQ(answer, "nobody answered this question");
}

TEST(TaskBridge, ALegacyClientHasItsTaskAlsoWhereTheServerAnswersAtOnce) {
  World w(protocol::latest_modern(), kExtension);
  w.script.serve = [](LinkRequest) { return now(R"({"resultType":"complete","content":[],"isError":true})"); };
  std::string created = w.text(core_revision(), R"({"name":"work","task":{"ttl":60000}})");
  EXPECT_THAT(w.script.asked[0], Not(HasSubstr("\"task\"")));
  EXPECT_THAT(created, StartsWith(R"({"task":{"taskId":)"));
  EXPECT_THAT(created, HasSubstr(R"("status":"failed")"));
  EXPECT_THAT(created, HasSubstr(R"("ttl":60000)"));
  std::string id = World::id_in(created);
  EXPECT_THAT(w.tell(core_revision(), Method::tasks_get, id), HasSubstr(R"("status":"failed")"));
  std::string outcome = w.tell(core_revision(), Method::tasks_result, id);
  EXPECT_THAT(outcome, HasSubstr(R"("isError":true)"));
  EXPECT_THAT(outcome, HasSubstr("related-task"));
  EXPECT_THAT(outcome, Not(HasSubstr("resultType")));
  EXPECT_THAT(w.tell(core_revision(), Method::tasks_cancel, id), HasSubstr("rpc -32602"));
  EXPECT_THAT(w.text(core_revision(), R"({"name":"work","task":7})"), HasSubstr("rpc -32602"));
  // In the words of the other era it is the same task.
  EXPECT_THAT(w.tell(protocol::latest_modern(), Method::tasks_get, id), HasSubstr(R"("status":"completed")"));
}

TEST(TaskBridge, ALegacyClientWaitsAndIsAskedForAModernTask) {
  World w(protocol::latest_modern(), kExtension);
  int looks = 0;
  bool cancelled = false;
  w.script.serve = [&](LinkRequest request) {
    if (request.method == Method::tools_call) return now(made("working"));
    if (request.method == Method::tasks_cancel) cancelled = true;
    if (request.method != Method::tasks_get) return now("{}");
    if (cancelled) return now(flat("cancelled"));
    // The answer is seen late; its question is not asked again.
    if (++looks < 4)
      return now(flat("input_required", R"(,"inputRequests":{"k":{"method":"elicitation/create","params":{"mode":"url","url":"u"}}})"));
    return now(flat("completed", R"(,"result":{"resultType":"complete","content":[]})"));
  };
  std::string created = w.text(core_revision(), R"({"name":"work","task":{}})");
  EXPECT_THAT(created, HasSubstr(R"("pollInterval":10)"));
  std::string id = World::id_in(created);
  std::string outcome = w.tell(core_revision(), Method::tasks_result, id);
  EXPECT_THAT(outcome, StartsWith(R"({"content":[],"_meta":{"io.modelcontextprotocol/related-task")"));
  ASSERT_EQ(w.ears.asked.size(), 1u);
  EXPECT_THAT(w.ears.asked[0], HasSubstr(R"("taskId":)" + base::quoted(id)));
  EXPECT_THAT(w.ears.asked[0], HasSubstr("elicitationId"));
  EXPECT_EQ(w.script.count("tasks/update"), 1u);
  looks = 0;
  EXPECT_THAT(w.tell(core_revision(), Method::tasks_cancel, id), HasSubstr(R"("status":"cancelled")"));
  EXPECT_THAT(w.tell(core_revision(), Method::tasks_cancel, id), HasSubstr("rpc -32602"));
  // tasks/list knows it, for its caller alone.
  sdk::Inbound in = w.inbound(core_revision(), Method::tasks_list, "{}");
  TaskBridge::Find find = [&](std::string_view, std::string_view) { return gateway::TaskHost{w.upstream, {}}; };
  auto list = w.loop.block_on(w.bridge.list(&in, "ann", "", find, {}));
  EXPECT_THAT(World::said(std::move(list)), HasSubstr(id));
  EXPECT_EQ(World::said(w.loop.block_on(w.bridge.list(&in, "bob", "", find, {}))), R"({"tasks":[]})");
  EXPECT_EQ(World::said(w.loop.block_on(w.bridge.list(&in, "ann", "other", find, {}))), R"({"tasks":[]})");
}

TEST(TaskBridge, AClientWithoutTasksGetsTheResultOfAModernTask) {
  World w(protocol::latest_modern(), kExtension);
  w.client_capabilities = "{}";
  w.progress = true;
  int looks = 0;
  w.script.serve = [&](LinkRequest request) {
    const bool declared = request.client_capabilities.find("tasks") != std::string_view::npos;
    if (request.method == Method::tools_call)
      return declared ? now(made("working")) : refuse(protocol::missing_capability("no", protocol::kTasksRequired));
    if (request.method != Method::tasks_get) return now("{}");
    if (++looks == 1) return now(flat("working", R"(,"statusMessage":"chapter 1")"));
    if (looks < 4) return now(flat("input_required", R"(,"inputRequests":{"k":{"method":"roots/list"}})"));
    return now(flat("completed", R"(,"result":{"content":[]})"));
  };
  std::string first = w.text(protocol::latest_modern());
  EXPECT_THAT(first, StartsWith(R"({"resultType":"input_required","inputRequests":{"k":{"method":"roots/list"}},"requestState":"task.)"));
  ASSERT_EQ(w.told.size(), 1u);
  EXPECT_THAT(w.told[0], HasSubstr("chapter 1"));
  std::string state(base::find_member(first, "requestState"));
  std::string again = R"({"name":"work","inputResponses":{"k":{"roots":[]}},"requestState":)" + state + "}";
  EXPECT_EQ(w.text(protocol::latest_modern(), again), R"({"content":[]})");
  EXPECT_EQ(w.script.count("tasks/update"), 1u);
  EXPECT_EQ(w.script.count("tools/call"), 2u);
  EXPECT_THAT(w.text(protocol::latest_modern(), R"({"name":"work","requestState":"task.x"})"), HasSubstr("rpc -32602"));
  // Once it is known that the tool needs tasks, it is not asked without.
  looks = 9;
  EXPECT_EQ(w.text(protocol::latest_modern()), R"({"content":[]})");
  EXPECT_EQ(w.script.count("tools/call"), 3u);
  // On its own route the server's refusal is the answer.
  EXPECT_THAT(w.text(protocol::latest_modern(), R"({"name":"work"})", TaskCall::Route::own), HasSubstr("rpc -32021"));
}

TEST(TaskBridge, ACallThatIsGivenUpCancelsItsTask) {
  World modern(protocol::latest_modern(), kExtension);
  modern.client_capabilities = "{}";
  modern.script.serve = [&](LinkRequest request) {
    if (request.method == Method::tools_call) return now(made("working"));
    if (modern.script.count("tasks/get") == 3) modern.stop.request_stop();
    return now(flat("working"));
  };
  EXPECT_THAT(modern.text(protocol::latest_modern()), HasSubstr("error cancelled"));
  EXPECT_EQ(modern.script.count("tasks/cancel"), 1u);

  World legacy(core_revision(), kCore, "required");
  legacy.client_capabilities = "{}";
  legacy.script.serve = [&](LinkRequest request) {
    if (request.method == Method::tools_call) return now(nested("working"));
    if (request.method == Method::tasks_cancel) return now(core("cancelled"));
    legacy.loop.post([&] { legacy.stop.request_stop(); });
    return never(&legacy.loop, request.stop, request.deadline);
  };
  EXPECT_THAT(legacy.text(protocol::latest_modern()), HasSubstr("error cancelled"));
  EXPECT_EQ(legacy.script.count("tasks/cancel"), 1u);
}

TEST(TaskBridge, AToolThatNeedsTasksIsCalledAsOneForWhoHasNone) {
  World w(core_revision(), kCore, "required");
  w.client_capabilities = "{}";
  w.on_question = [](Method, std::string) -> Task<std::string> { co_return std::string("{\"action\":\"accept\"}"); };
  w.script.serve = [&](LinkRequest request) {
    if (request.method == Method::tools_call) return now(nested("working"));
    auto asks = [](std::function<Task<std::string>(Method, std::string)> ask) -> Task<Reply> {
      Task<std::string> question = ask(Method::elicitation_create, "{}");
      std::string answer = co_await std::move(question);
      co_return Reply("{\"content\":[],\"said\":" + answer + "}");
    };
    return asks(request.on_question);
  };
  EXPECT_EQ(w.text(core_revision()), R"({"content":[],"said":{"action":"accept"}})");
  EXPECT_THAT(w.script.asked[0], HasSubstr(R"("task":{})"));
  EXPECT_THAT(w.text(protocol::latest_modern(), R"({"name":"work"})", TaskCall::Route::own), HasSubstr("rpc -32021"));
}

TEST(TaskBridge, WithoutTasksUpstreamNoWordOfThemGoesThere) {
  World w(protocol::latest_modern(), R"({"tools":{}})");
  w.script.serve = [](LinkRequest) { return now(R"({"content":[]})"); };
  EXPECT_EQ(w.text(core_revision(), R"({"name":"work","task":{}})", TaskCall::Route::own), R"({"content":[]})");
  EXPECT_EQ(w.script.asked[0], R"(tools/call {"name":"work"})");
  EXPECT_THAT(w.text(core_revision(), R"({"name":"work","task":{}})"), HasSubstr("rpc -32601"));
  EXPECT_EQ(w.text(protocol::latest_modern(), R"({"name":"work","task":{}})"), R"({"content":[]})");
}

// What a follow of one task tells.
struct Followed {
  gateway::TaskFollow follow;
  std::vector<std::string> told;

  Followed(World& world, const std::string& id, gateway::TaskFollow::Else otherwise = gateway::TaskFollow::Else::look) {
    gateway::TaskFollow::One one;
    one.task = *world.bridge.open(id, "ann");
    one.id = id;
    follow.tasks.push_back(std::move(one));
    follow.otherwise = otherwise;
    follow.host = [&world] { return gateway::TaskHost{world.upstream, {}}; };
    follow.tell = [this](const gateway::TaskFollow::One&, const protocol::TaskState& state, std::string_view said) {
      told.push_back(std::string(mcp::task_status_name(state.status)) + (said.empty() ? "" : " said"));
    };
  }
};

TEST(TaskNews, AModernServerTellsUntilTheTaskHasEnded) {
  World w(protocol::latest_modern(), kExtension);
  std::function<void(Method, std::string_view)> hear;
  std::string status = "working";
  w.script.serve = [&](LinkRequest request) {
    if (request.method == Method::tools_call) return now(flat("working", R"(,"resultType":"task")"));
    if (request.method == Method::tasks_get) return now(flat(status));
    hear = request.on_notification;
    EXPECT_EQ(request.params, R"({"notifications":{"taskIds":["real"]}})");
    hear(Method::subscriptions_acknowledged, R"({"notifications":{"taskIds":["real"]}})");
    w.loop.post([&] { hear(Method::tasks, flat("input_required", R"(,"inputRequests":{"k":{"method":"roots/list","params":{}}})")); });
    w.loop.post([&] { hear(Method::tasks, R"({"taskId":"another","status":"completed"})"); });
    w.loop.post([&] { hear(Method::tasks, flat("completed", R"(,"result":{"content":[]})")); });
    w.loop.post([&] { hear(Method::tasks, flat("completed", R"(,"result":{"content":[]})")); });
    return never(&w.loop, request.stop, request.deadline);
  };
  Followed f(w, World::id_in(w.text(protocol::latest_modern())));
  ASSERT_TRUE(w.loop.block_on(w.bridge.follow(&f.follow, {})).ok());
  EXPECT_THAT(f.told, ElementsAre("working", "input_required said", "completed said"));
}

TEST(TaskNews, AServerThatGrantsNothingIsLookedAt) {
  World w(protocol::latest_modern(), kExtension);
  int looks = 0;
  w.script.serve = [&](LinkRequest request) {
    if (request.method == Method::tools_call) return now(flat("working", R"(,"resultType":"task")"));
    if (request.method == Method::tasks_get) return now(flat(++looks < 3 ? "working" : "cancelled"));
    request.on_notification(Method::subscriptions_acknowledged, R"({"notifications":{}})");
    return never(&w.loop, request.stop, request.deadline);
  };
  const std::string id = World::id_in(w.text(protocol::latest_modern()));
  Followed f(w, id);
  ASSERT_TRUE(w.loop.block_on(w.bridge.follow(&f.follow, {})).ok());
  EXPECT_THAT(f.told, ElementsAre("working", "cancelled"));
  Followed told_only(w, id, gateway::TaskFollow::Else::nothing);
  ASSERT_TRUE(w.loop.block_on(w.bridge.follow(&told_only.follow, {})).ok());
  EXPECT_THAT(told_only.told, ElementsAre());
}

TEST(TaskNews, ALegacyServersWordMakesUsLook) {
  World w(core_revision(), kCore, "optional");
  std::string status = "working";
  w.script.serve = [&](LinkRequest request) {
    if (request.method == Method::tools_call)
      return now(R"({"task":{"taskId":"real","status":"working","createdAt":"c","lastUpdatedAt":"u","ttl":60000,"pollInterval":30000}})");
    if (request.method == Method::tasks_result) return now(R"({"content":[]})");
    if (status == "working")
      w.loop.post([&] {
        status = "completed";
        w.bridge.heard("up", {"ann", "{}", {}}, core("completed"));
      });
    return now(R"({"taskId":"real","status":")" + status + R"(","createdAt":"c","lastUpdatedAt":"u","ttl":60000,"pollInterval":30000})");
  };
  Followed f(w, World::id_in(w.text(protocol::latest_modern())));
  ASSERT_TRUE(w.loop.block_on(w.bridge.follow(&f.follow, {})).ok());
  EXPECT_THAT(f.told, ElementsAre("working", "completed"));
}

TEST(TaskNews, ALegacySessionHearsOfItsTaskAndOfNoOther) {
  World w(core_revision(), kCore, "optional");
  w.script.serve = [&](LinkRequest) { return now(nested("working")); };
  w.session = std::make_shared<sdk::Session>("s", protocol::LegacySession(protocol::RevisionSet()));
  std::string id = World::id_in(std::string(base::find_member(w.text(core_revision(), R"({"name":"work","task":{}})"), "task")));
  const gateway::Audience ann{"ann", R"({"elicitation":{"form":{}}})", {}};
  w.bridge.heard("up", ann, core("completed"));
  EXPECT_TRUE(w.ears.told.empty());  // nobody listens
  TaskBridge::Stream stream(w.bridge, "s", w.ears);
  w.bridge.heard("up", {"bob", ann.capabilities, {}}, core("completed"));
  w.bridge.heard("other", ann, core("completed"));
  w.bridge.heard("up", ann, R"({"taskId":7})");
  w.bridge.heard("up", ann, "[]");
  EXPECT_TRUE(w.ears.told.empty());
  w.bridge.heard("up", ann, core("completed"));
  ASSERT_EQ(w.ears.told.size(), 1u);
  EXPECT_THAT(w.ears.told[0], StartsWith("notifications/tasks/status "));
  EXPECT_EQ(World::id_in(w.ears.told[0].substr(w.ears.told[0].find('{'))), id);
}

TEST(TaskNews, ALegacySessionHearsOfAModernServersTask) {
  World w(protocol::latest_modern(), kExtension);
  std::function<void(Method, std::string_view)> hear;
  w.script.serve = [&](LinkRequest request) {
    if (request.method == Method::tools_call) return now(flat("working", R"(,"resultType":"task")"));
    if (request.method == Method::tasks_get) return now(flat("working"));
    hear = request.on_notification;
    hear(Method::subscriptions_acknowledged, R"({"notifications":{"taskIds":["real"]}})");
    return never(&w.loop, request.stop, request.deadline);
  };
  w.session = std::make_shared<sdk::Session>("s", protocol::LegacySession(protocol::RevisionSet()));
  TaskBridge::Stream stream(w.bridge, "s", w.ears);
  std::string created = w.text(core_revision(), R"({"name":"work","task":{}})");
  std::string id = World::id_in(std::string(base::find_member(created, "task")));
  ASSERT_TRUE(hear);
  hear(Method::tasks, flat("completed", R"(,"result":{"content":[],"isError":true})"));
  ASSERT_EQ(w.ears.told.size(), 2u);
  EXPECT_THAT(w.ears.told[1], HasSubstr(R"("status":"failed")"));
  EXPECT_THAT(w.ears.told[1], Not(HasSubstr("content")));
  EXPECT_EQ(World::id_in(w.ears.told[1].substr(w.ears.told[1].find('{'))), id);
}

TEST(TaskStores, AreBoundedAndForget) {
  using std::chrono::milliseconds;
  const gateway::WallTime t{};
  gateway::HeldTasks held;
  auto first = held.add("{}", milliseconds(5), t);
  EXPECT_TRUE(held.find(first.id, t + milliseconds(4)));
  EXPECT_FALSE(held.find(first.id, t + milliseconds(5)));
  EXPECT_EQ(held.add("{}", milliseconds(std::chrono::hours(99)), t).ttl, gateway::HeldTasks::kLongestTime);
  auto early = held.add("{}", milliseconds(0), t);
  for (std::size_t i = 0; i < gateway::HeldTasks::kMost; ++i) held.add("{}", milliseconds(0), t);
  EXPECT_EQ(held.size(), gateway::HeldTasks::kMost);
  EXPECT_FALSE(held.find(early.id, t));
  held.add(std::string(gateway::HeldTasks::kMostBytes, ' '), milliseconds(0), t);
  EXPECT_EQ(held.size(), 1u);

  gateway::TaskLedger ledger;
  protocol::TaskState task;
  task.ttl = milliseconds(100);
  for (int i = 0; i < 600; ++i) {
    task.id = std::to_string(i);
    ledger.add("ann", i % 2 ? "odd" : "even", task, t);
  }
  EXPECT_EQ(ledger.size(), gateway::TaskLedger::kMostOfOne);
  auto lines = ledger.list("ann", "odd", 0, 2, t);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].last.id, "101");
  EXPECT_EQ(ledger.list("ann", "odd", lines[1].number, 1, t)[0].last.id, "105");
  ledger.gone("ann", "101");
  EXPECT_EQ(ledger.list("ann", "odd", 0, 1, t)[0].last.id, "103");
  EXPECT_TRUE(ledger.list("bob", "", 0, 9, t).empty());
  EXPECT_TRUE(ledger.list("ann", "", 0, 9, t + milliseconds(100)).empty());
  EXPECT_EQ(ledger.size(), 0u);
  for (std::size_t i = 0; i <= gateway::TaskLedger::kMost; ++i) ledger.add("c" + std::to_string(i), "s", task, t);
  EXPECT_EQ(ledger.size(), gateway::TaskLedger::kMost);
  EXPECT_TRUE(ledger.list("c0", "", 0, 9, t).empty());
}

TEST(TaskOffer, SpeaksToEachInItsOwnWords) {
  EXPECT_TRUE(gateway::offers_tasks(kExtension));
  EXPECT_TRUE(gateway::offers_tasks(kCore));
  EXPECT_FALSE(gateway::offers_tasks(R"({"tools":{},"tasks":{}})"));
  EXPECT_EQ(gateway::task_words({&core_revision(), "", kExtension, ""}), gateway::TaskWords::none);
  EXPECT_EQ(gateway::task_words({&protocol::latest_modern(), "", kCore, ""}), gateway::TaskWords::none);
  std::string both = gateway::with_task_capabilities(R"({"tools":{},"extensions":{"a/b":{}}})");
  EXPECT_THAT(both, HasSubstr(R"("extensions":{"a/b":{},"io.modelcontextprotocol/tasks":{}})"));
  EXPECT_THAT(protocol::capabilities_for(core_revision(), both), Not(HasSubstr("io.modelcontextprotocol/tasks")));
  EXPECT_THAT(protocol::capabilities_for(core_revision(), both), HasSubstr("\"requests\""));
  protocol::Definition tool;
  tool.raw = R"({"name":"a","execution":{"taskSupport":"required"}})";
  tool.task_support = "required";
  gateway::settle_execution(tool, gateway::TaskWords::core);
  EXPECT_EQ(tool.task_support, "required");
  gateway::settle_execution(tool, gateway::TaskWords::none);
  EXPECT_EQ(tool.raw, R"({"name":"a"})");
  gateway::settle_execution(tool, gateway::TaskWords::extension);
  EXPECT_EQ(tool.raw, R"({"name":"a","execution":{"taskSupport":"optional"}})");
}

}  // namespace
