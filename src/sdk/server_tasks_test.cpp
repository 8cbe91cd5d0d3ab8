// Tasks of a server, in both eras, without a transport.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sdk/tasks_testing.h"

namespace {

using base::Code;
using mcp::TaskStart;
using mcp::TaskSupport;
using protocol::Method;
using sdk::testing::As;
using sdk::testing::Desk;
using sdk::testing::Recorder;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kForm = R"({"type":"object","properties":{"name":{"type":"string"}}})";
constexpr const char* kTasksRevision = "2025-11-25";
constexpr const char* kAck = R"({"resultType":"complete"})";

As plain() {
  As as;
  as.capabilities = R"({"elicitation":{}})";
  return as;
}
As named(const char* principal) {
  As as;
  as.principal = principal;
  return as;
}

// A server whose waiting tool goes on when the test says so.
class Tasks : public testing::Test {
 protected:
  explicit Tasks(mcp::TaskOptions options = {}) : desk(std::move(options)) {
    auto wait = [this](mcp::Call call) { return gated(this, std::move(call)); };
    desk.server.tool("wait", "Waits for the gate.", wait, {.task = TaskSupport::optional});
    desk.server.tool("must", "Needs a task.", [] { return std::string("did"); }, {.task = TaskSupport::required});
    desk.server.tool("never", "Is no task.", [] { return std::string("done"); });
    desk.server.tool("fails", "Fails.", []() -> mcp::Result<std::string> { return mcp::Error(Code::conflict, "no luck"); },
                     {.task = TaskSupport::optional});
    desk.server.tool("breaks", "Throws.", []() -> std::string { throw std::runtime_error("secret"); }, {.task = TaskSupport::optional});
    desk.server.tool("works", "On a worker.", [] { return std::string("worked"); }, {.blocking = true, .task = TaskSupport::optional});
    desk.server.tool("late", "Never ends.", [](mcp::Call call) { return forever(call); },
                     {.deadline = std::chrono::milliseconds(1), .task = TaskSupport::optional});
    desk.server.tool("asks", "Asks for two names.", asks, {.task = TaskSupport::optional});
    desk.server.tool("insists", "Asks until it is told.", insists, {.task = TaskSupport::optional});
    desk.server.tool("first", "Asks, then works.", [this](mcp::Call call) { return first(this, std::move(call)); },
                     {.task = TaskSupport::optional, .task_start = TaskStart::by_handler});
    desk.open();
  }
  ~Tasks() override { open_gate(); }

  static mcp::Task<std::string> gated(Tasks* self, mcp::Call call) {
    call.status("waiting");
    call.progress(1, 2);
    auto stop = call.stop_token();
    co_await self->gate_.wait(self->desk.loop.timers(), stop, base::Timers::now() + std::chrono::seconds(30));
    co_return std::string("waited");
  }
  static mcp::Task<std::string> forever(mcp::Call call) {
    co_await sdk::until_stopped(call.stop_token());
    co_return std::string("stopped");
  }
  static mcp::Result<std::string> asks(mcp::Call call) {
    auto a = call.answer("a"), b = call.answer("b");
    if (!a || !b) return mcp::ask({mcp::elicit("a", "First?", kForm), mcp::elicit("b", "Second?", kForm)}, "kept");
    return std::string((*a)["content"]["name"].string_or("?")) + std::string((*b)["content"]["name"].string_or("?")) +
           std::string(call.state());
  }
  static mcp::Result<std::string> insists(mcp::Call call) {
    auto a = call.answer("a");
    if (!a || (*a)["action"].string_or("") != "accept") return mcp::ask({mcp::elicit("a", "Well?", kForm)});
    return std::string("thanks");
  }
  static mcp::Task<std::string> first(Tasks* self, mcp::Call call) {
    auto answer = call.answer("name");
    if (!answer) co_return mcp::ask({mcp::elicit("name", "Who?", kForm)});
    co_await call.begin_task();
    co_await self->gate_.wait(self->desk.loop.timers(), call.stop_token(), base::Timers::now() + std::chrono::seconds(30));
    co_return "hello " + std::string((*answer)["content"]["name"].string_or("?"));
  }
  void open_gate() { gate_.wake({}); }
  As legacy() { return As{.session = desk.session(kTasksRevision)}; }

  Desk desk;
  base::Waiters gate_;
};

TEST_F(Tasks, ACallBecomesATaskThatEndsWithItsResult) {
  std::string created = desk.ask("tools/call", R"({"name":"wait","arguments":{}})");
  EXPECT_THAT(created, StartsWith(R"({"resultType":"task","taskId":")"));
  EXPECT_THAT(created, HasSubstr(R"("status":"working")"));
  EXPECT_THAT(created, HasSubstr(R"("ttlMs":3600000,"pollIntervalMs":1000})"));
  const std::string id = Desk::member(created, "taskId");
  EXPECT_GE(id.size(), 22u);
  desk.turn();
  std::string working = desk.get(id);
  EXPECT_THAT(working, HasSubstr(R"("status":"working","statusMessage":"waiting")"));
  EXPECT_THAT(working, HasSubstr(R"("resultType":"complete")"));
  EXPECT_THAT(working, Not(HasSubstr("result\":{")));
  open_gate();
  std::string done = desk.get(id);
  EXPECT_EQ(Desk::member(done, "status"), "completed");
  EXPECT_THAT(done, HasSubstr(R"("result":{"content":[{"type":"text","text":"waited"}],"resultType":"complete"})"));
  EXPECT_THAT(done, Not(HasSubstr("related-task")));
  EXPECT_THAT(done, Not(HasSubstr("statusMessage")));
}

TEST_F(Tasks, OnlyWhoDeclaresTheExtensionGetsTasks) {
  std::string call = R"({"name":"must","arguments":{}})";
  EXPECT_EQ(desk.ask("tools/call", call, plain()),
            "error -32021: the tool 'must' needs a client with the tasks extension "
            R"({"requiredCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}})");
  for (const char* method : {"tasks/get", "tasks/cancel", "tasks/update"})
    EXPECT_THAT(desk.ask(method, R"({"taskId":"x","inputResponses":{}})", plain()), StartsWith("error -32021")) << method;
  for (const char* method : {"tasks/list", "tasks/result"}) EXPECT_THAT(desk.ask(method, R"({"taskId":"x"})"), StartsWith("error -32601"));
  EXPECT_THAT(desk.ask("tools/call", R"({"name":"works"})", plain()), HasSubstr("worked"));
  // Nobody can ask for a task where none was meant.
  EXPECT_THAT(desk.ask("tools/call", R"({"name":"never","task":{"ttl":5}})"), HasSubstr(R"("resultType":"complete")"));
  EXPECT_THAT(desk.ask("tools/call", R"({"name":"never","task":7})"), HasSubstr("done"));
}

TEST_F(Tasks, AToolThatFailsHasCompletedAndAToolThatBreaksHasFailed) {
  std::string failed = desk.get(desk.start("fails"));
  EXPECT_THAT(failed, HasSubstr(R"("status":"completed","statusMessage":"no luck")"));
  EXPECT_THAT(failed, HasSubstr(R"("isError":true)"));
  std::string broken = desk.get(desk.start("breaks"));
  EXPECT_THAT(broken, HasSubstr(R"("error":{"code":-32603,"message":"internal error"})"));
  EXPECT_THAT(broken, Not(HasSubstr("secret")));
  EXPECT_THAT(desk.until(desk.start("works"), "completed"), HasSubstr("worked"));
  EXPECT_THAT(desk.until(desk.start("late"), "completed"), HasSubstr("did not answer within 1 ms"));
}

TEST_F(Tasks, CancellingStopsTheHandlerAndIsFinal) {
  std::string id = desk.start("wait");
  EXPECT_EQ(desk.cancel(id), kAck);
  EXPECT_THAT(desk.get(id), HasSubstr(R"("status":"cancelled")"));
  open_gate();
  EXPECT_EQ(desk.cancel(id), kAck);
  EXPECT_THAT(desk.get(id), HasSubstr(R"("status":"cancelled")"));
  EXPECT_THAT(desk.cancel("x"), StartsWith("error -32602"));
  std::string waiting = desk.start("asks");
  EXPECT_EQ(desk.cancel(waiting), kAck);
  EXPECT_EQ(desk.update(waiting, R"({"a":{},"b":{}})"), kAck);
  EXPECT_THAT(desk.get(waiting), HasSubstr(R"("status":"cancelled")"));
  EXPECT_THAT(desk.get(waiting), Not(HasSubstr("inputRequests")));
  // An ended task takes cancel and update, and stays what it is.
  std::string done = desk.start("must");
  EXPECT_EQ(desk.cancel(done), kAck);
  EXPECT_EQ(desk.update(done, "{}"), kAck);
  EXPECT_EQ(Desk::member(desk.get(done), "status"), "completed");
}

TEST_F(Tasks, InputIsTakenInPartsAndOnlyWhereItWasAskedFor) {
  std::string id = desk.start("asks");
  std::string asked = desk.get(id);
  EXPECT_EQ(Desk::member(asked, "status"), "input_required");
  EXPECT_THAT(asked, HasSubstr(R"("inputRequests":{"a":{"method":"elicitation/create","params":)"));
  EXPECT_THAT(asked, Not(HasSubstr("requestState")));
  EXPECT_EQ(desk.update(id, R"({"c":{},"x":1})"), kAck);
  EXPECT_EQ(desk.update(id, R"({"b":{"action":"accept","content":{"name":"Bo"}},"z":null})"), kAck);
  asked = desk.get(id);
  EXPECT_EQ(Desk::member(asked, "status"), "input_required");
  EXPECT_THAT(asked, Not(HasSubstr(R"("b":)")));
  // An answered key takes no second answer.
  EXPECT_EQ(desk.update(id, R"({"b":{"action":"accept","content":{"name":"Eve"}}})"), kAck);
  EXPECT_EQ(desk.update(id, R"({"a":{"action":"accept","content":{"name":"Al"}}})"), kAck);
  EXPECT_THAT(desk.get(id), HasSubstr("AlBokept"));
  EXPECT_THAT(desk.update(id, "[]"), StartsWith("error -32602"));
  EXPECT_THAT(desk.ask("tasks/update", R"({"taskId":")" + id + R"("})"), StartsWith("error -32602"));
  EXPECT_THAT(desk.update("unknown", "{}"), StartsWith("error -32602"));
}

TEST_F(Tasks, WhatIsAskedAgainHasANewKey) {
  std::string id = desk.start("insists");
  EXPECT_THAT(desk.get(id), HasSubstr(R"("inputRequests":{"a":)"));
  EXPECT_EQ(desk.update(id, R"({"a":{"action":"decline"}})"), kAck);
  std::string again = desk.get(id);
  EXPECT_EQ(Desk::member(again, "status"), "input_required");
  EXPECT_THAT(again, Not(HasSubstr(R"("a":)")));
  EXPECT_EQ(desk.update(id, R"({"a":{"action":"accept"}})"), kAck);
  EXPECT_EQ(Desk::member(desk.get(id), "status"), "input_required");
  base::Members requests(base::find_member(again, "inputRequests"));
  ASSERT_TRUE(requests.next());
  EXPECT_EQ(desk.update(id, "{" + base::quoted(requests.key()) + R"(:{"action":"accept"}})"), kAck);
  EXPECT_THAT(desk.get(id), HasSubstr("thanks"));
  // It cannot go on for ever.
  id = desk.start("insists");
  for (int round = 0; round < 30; ++round) {
    std::string task = desk.get(id);
    if (Desk::member(task, "status") != "input_required") break;
    base::Members open(base::find_member(task, "inputRequests"));
    ASSERT_TRUE(open.next());
    EXPECT_EQ(desk.update(id, "{" + base::quoted(open.key()) + R"(:{"action":"decline"}})"), kAck);
  }
  EXPECT_EQ(Desk::member(desk.get(id), "status"), "failed");
}

TEST_F(Tasks, ATaskAsksOnlyWhatItsCallerCanAnswer) {
  As as;
  as.capabilities = R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})";
  EXPECT_THAT(desk.get(desk.start("asks", "{}", as)), HasSubstr(R"("error":{"code":-32021)"));
}

TEST_F(Tasks, QuestionsBeforeTheTaskAreAskedInTheCall) {
  std::string asked = desk.ask("tools/call", R"({"name":"first","arguments":{}})");
  EXPECT_THAT(asked, HasSubstr(R"("resultType":"input_required")"));
  EXPECT_THAT(asked, Not(HasSubstr("taskId")));
  const std::string answers = R"("inputResponses":{"name":{"action":"accept","content":{"name":"Ann"}}})";
  std::string created = desk.ask("tools/call", R"({"name":"first","arguments":{},)" + answers + "}");
  EXPECT_EQ(Desk::member(created, "resultType"), "task");
  EXPECT_THAT(created, Not(HasSubstr("requestState")));
  open_gate();
  EXPECT_THAT(desk.get(Desk::member(created, "taskId")), HasSubstr("hello Ann"));
  // Without the extension the same handler answers in the call; begin_task() does nothing.
  Recorder out(desk.loop);
  base::TaskGroup group;
  std::string result;
  auto call = [](Desk* d, std::string params, Recorder* o, std::string* into) -> mcp::Task<void> {
    *into = co_await d->request("tools/call", std::move(params), plain(), o);
  };
  group.spawn(call(&desk, R"({"name":"first","arguments":{},)" + answers + "}", &out, &result));
  EXPECT_EQ(result, "");
  open_gate();
  EXPECT_THAT(result, HasSubstr("hello Ann"));
}

TEST_F(Tasks, ACallerThatIsGoneBeforeTheTaskIsLeavesNone) {
  Recorder out(desk.loop);
  out.stop.request_stop();
  const std::string params = R"({"name":"first","inputResponses":{"name":{"action":"accept"}}})";
  EXPECT_THAT(desk.ask("tools/call", params, {}, out), HasSubstr("cancelled"));
  // Once it is a task, its caller may go.
  Recorder leaving(desk.loop);
  std::string id = Desk::member(desk.ask("tools/call", R"({"name":"wait"})", {}, leaving), "taskId");
  leaving.stop.request_stop();
  EXPECT_EQ(Desk::member(desk.get(id), "status"), "working");
  open_gate();
  EXPECT_EQ(Desk::member(desk.get(id), "status"), "completed");
  // Progress and log messages of a task go nowhere.
  EXPECT_TRUE(leaving.said.empty());
}

TEST_F(Tasks, AnotherCallersTaskIsUnknown) {
  As alice = named("alice"), bob = named("bob");
  std::string id = desk.start("asks", "{}", alice);
  const std::string unknown = desk.get("nothing", bob);
  EXPECT_THAT(unknown, StartsWith("error -32602"));
  EXPECT_EQ(desk.get(id, bob), unknown);
  EXPECT_EQ(desk.cancel(id, bob), unknown);
  EXPECT_EQ(desk.update(id, R"({"a":{}})", bob), unknown);
  EXPECT_EQ(desk.get(id), unknown);
  EXPECT_THAT(desk.get(id, alice), HasSubstr(R"("a":)"));
  As old_bob = legacy(), old_alice = legacy();
  old_bob.principal = "bob";
  old_alice.principal = "alice";
  EXPECT_EQ(desk.ask("tasks/list", "{}", old_bob), R"({"tasks":[]})");
  EXPECT_THAT(desk.ask("tasks/list", "{}", old_alice), HasSubstr(id));
  EXPECT_THAT(desk.ask("tasks/result", R"({"taskId":")" + id + R"("})", old_bob), StartsWith("error -32602"));
}

TEST_F(Tasks, ListenTellsOfTasksThatTheListenerMaySee) {
  std::string mine = desk.start("wait", "{}", named("alice"));
  const std::string filter = R"({"notifications":{"taskIds":[")" + mine + R"(","unknown"]}})";
  EXPECT_THAT(desk.ask("subscriptions/listen", filter, plain()), StartsWith("error -32021"));
  EXPECT_THAT(desk.ask("subscriptions/listen", R"({"notifications":{"taskIds":[7]}})"), StartsWith("error -32602"));
  Recorder out(desk.loop), other(desk.loop);
  base::TaskGroup group;
  auto listen = [](Desk* d, std::string params, As as, Recorder* o) -> mcp::Task<void> {
    (void)co_await d->request("subscriptions/listen", std::move(params), std::move(as), o);
  };
  group.spawn(listen(&desk, filter, named("alice"), &out));
  group.spawn(listen(&desk, filter, named("bob"), &other));
  open_gate();
  ASSERT_EQ(out.said.size(), 3u);
  EXPECT_EQ(out.said[0].first, Method::subscriptions_acknowledged);
  EXPECT_THAT(out.said[0].second, HasSubstr(R"("notifications":{"taskIds":[")" + mine + R"("]})"));
  EXPECT_THAT(out.said[1].second, HasSubstr(R"("status":"working")"));
  EXPECT_EQ(out.said[2].first, Method::tasks);
  EXPECT_THAT(out.said[2].second, HasSubstr(R"("status":"completed")"));
  EXPECT_THAT(out.said[2].second, HasSubstr("waited"));
  EXPECT_THAT(out.said[2].second, HasSubstr(R"("_meta":{"io.modelcontextprotocol/subscriptionId":1})"));
  ASSERT_EQ(other.said.size(), 1u);
  EXPECT_THAT(other.said[0].second, HasSubstr(R"("notifications":{})"));
  out.stop.request_stop();
  other.stop.request_stop();
  EXPECT_EQ(group.size(), 0u);
}

TEST_F(Tasks, LegacyTheCallerAsksForATaskAndGetsItsResultByItself) {
  As as = legacy();
  std::string created = desk.ask("tools/call", R"({"name":"wait","task":{"ttl":60000}})", as);
  EXPECT_THAT(created, StartsWith(R"({"task":{"taskId":")"));
  EXPECT_THAT(created, HasSubstr(R"("ttl":60000,"pollInterval":1000)"));
  const std::string id = Desk::member(base::find_member(created, "task"), "taskId");
  Recorder out(desk.loop);
  base::TaskGroup group;
  std::string result;
  auto wait = [](Desk* d, std::string params, As who, Recorder* o, std::string* into) -> mcp::Task<void> {
    *into = co_await d->request("tasks/result", std::move(params), std::move(who), o);
  };
  group.spawn(wait(&desk, R"({"taskId":")" + id + R"("})", as, &out, &result));
  EXPECT_EQ(result, "");
  desk.turn();
  EXPECT_THAT(desk.get(id, as), HasSubstr(R"("status":"working","statusMessage":"waiting")"));
  open_gate();
  EXPECT_EQ(result,
            R"({"content":[{"type":"text","text":"waited"}],"_meta":{"io.modelcontextprotocol/related-task":{"taskId":")" + id + R"("}}})");
  EXPECT_THAT(desk.get(id, as), Not(HasSubstr("resultType")));
  EXPECT_THAT(desk.get(id, as), Not(HasSubstr("content")));
  EXPECT_THAT(desk.cancel(id, as), StartsWith("error -32602: the task has ended"));
  // Without `task` it is a call as ever.
  EXPECT_THAT(desk.ask("tools/call", R"({"name":"works"})", as), HasSubstr("worked"));
}

TEST_F(Tasks, LegacyATaskAsksOnTheStreamOfItsResult) {
  As as = legacy();
  std::string id = desk.start("asks", "{}", as);
  EXPECT_EQ(Desk::member(desk.get(id, as), "status"), "input_required");
  EXPECT_THAT(desk.get(id, as), Not(HasSubstr("inputRequests")));
  Recorder out(desk.loop);
  std::string result = desk.ask("tasks/result", R"({"taskId":")" + id + R"("})", as, out);
  ASSERT_EQ(out.asked.size(), 2u);
  EXPECT_EQ(out.asked[0].first, Method::elicitation_create);
  EXPECT_THAT(out.asked[0].second, HasSubstr(R"("_meta":{"io.modelcontextprotocol/related-task":{"taskId":")" + id + R"("}})"));
  EXPECT_THAT(result, HasSubstr("AnnAnnkept"));
  // A client that refuses to answer ends the task; one that is gone leaves it to wait.
  id = desk.start("asks", "{}", as);
  out.answer = mcp::Error(Code::unavailable, "gone");
  EXPECT_THAT(desk.ask("tasks/result", R"({"taskId":")" + id + R"("})", as, out), StartsWith("error 503"));
  EXPECT_EQ(Desk::member(desk.get(id, as), "status"), "input_required");
  out.answer = mcp::Error(Code::upstream_failed, "the user is not here");
  EXPECT_THAT(desk.ask("tasks/result", R"({"taskId":")" + id + R"("})", as, out), HasSubstr("the user is not here"));
  EXPECT_EQ(Desk::member(desk.get(id, as), "status"), "failed");
}

TEST_F(Tasks, LegacyATaskAsksOnTheSessionsStreamWhereNobodyWaitsForItsResult) {
  As as = legacy();
  Recorder stream(desk.loop);
  base::TaskGroup group;
  auto open = [](Desk* d, std::shared_ptr<sdk::Session> session, Recorder* out) -> mcp::Task<void> {
    sdk::Inbound in;
    in.session = std::move(session);
    (void)co_await d->core->stream(std::move(in), *out).result();
  };
  std::string id = desk.start("asks", "{}", as);
  EXPECT_EQ(Desk::member(desk.get(id, as), "status"), "input_required");
  group.spawn(open(&desk, as.session, &stream));
  // Nothing is asked before the client has shown that it knows the task.
  EXPECT_TRUE(stream.asked.empty());
  EXPECT_EQ(Desk::member(desk.get(id, as), "status"), "input_required");
  ASSERT_EQ(stream.asked.size(), 2u);
  EXPECT_THAT(stream.asked[1].second, HasSubstr(id));
  EXPECT_EQ(Desk::member(desk.get(id, as), "status"), "completed");
  // A stream that cannot carry the question leaves it to the next one.
  stream.answer = mcp::Error(Code::unavailable, "gone");
  std::string waiting = desk.start("asks", "{}", as);
  EXPECT_EQ(Desk::member(desk.get(waiting, as), "status"), "input_required");
  Recorder result(desk.loop);
  EXPECT_THAT(desk.ask("tasks/result", R"({"taskId":")" + waiting + R"("})", as, result), HasSubstr("AnnAnnkept"));
  stream.stop.request_stop();
  EXPECT_EQ(group.size(), 0u);
}

TEST_F(Tasks, LegacyWordsForWhatIsWrong) {
  As as = legacy();
  EXPECT_THAT(desk.ask("tools/call", R"({"name":"must"})", as), StartsWith("error -32601"));
  EXPECT_THAT(desk.ask("tools/call", R"({"name":"never","task":{}})", as), StartsWith("error -32601"));
  EXPECT_THAT(desk.ask("tools/call", R"({"name":"wait","task":[]})", as), StartsWith("error -32602"));
  EXPECT_THAT(desk.ask("tools/call", R"({"name":"wait","task":{"ttl":-1}})", as), StartsWith("error -32602"));
  EXPECT_THAT(desk.ask("tasks/update", R"({"taskId":"x","inputResponses":{}})", as), StartsWith("error -32601"));
  EXPECT_THAT(desk.ask("tasks/get", "{}", as), StartsWith("error -32602"));
  EXPECT_THAT(desk.ask("tasks/result", R"({"taskId":5})", as), StartsWith("error -32602"));
  EXPECT_THAT(desk.ask("tasks/list", R"({"cursor":"zz"})", as), StartsWith("error -32602"));
  std::string failed = desk.start("fails", "{}", as), broken = desk.start("breaks", "{}", as), gone = desk.start("wait", "{}", as);
  EXPECT_THAT(desk.get(failed, as), HasSubstr(R"("status":"failed","statusMessage":"no luck")"));
  EXPECT_THAT(desk.ask("tasks/result", R"({"taskId":")" + failed + R"("})", as), HasSubstr(R"("isError":true)"));
  EXPECT_EQ(desk.ask("tasks/result", R"({"taskId":")" + broken + R"("})", as), "error -32603: internal error ");
  EXPECT_EQ(Desk::member(desk.cancel(gone, as), "status"), "cancelled");
  EXPECT_THAT(desk.ask("tasks/result", R"({"taskId":")" + gone + R"("})", as), HasSubstr("cancelled"));
  // The other legacy revisions know nothing of tasks.
  for (const auto* revision : protocol::all_revisions()) {
    if (revision->era != protocol::Era::legacy || revision->features.tasks_core) continue;
    As older{.session = desk.session(revision->name)};
    EXPECT_THAT(desk.ask("tasks/get", R"({"taskId":"x"})", older), StartsWith("error -32601")) << revision->name;
    EXPECT_THAT(desk.ask("tools/call", R"({"name":"works","task":{}})", older), HasSubstr("worked"));
    EXPECT_THAT(desk.ask("tools/list", "{}", older), Not(HasSubstr("taskSupport")));
  }
}

TEST_F(Tasks, EachEraIsToldInItsOwnWords) {
  EXPECT_THAT(desk.ask("tools/list", "{}"), Not(HasSubstr("taskSupport")));
  std::string list = desk.ask("tools/list", "{}", legacy());
  EXPECT_THAT(list, HasSubstr(R"("execution":{"taskSupport":"required"})"));
  EXPECT_THAT(list, HasSubstr(R"("execution":{"taskSupport":"forbidden"})"));
  auto identity = desk.loop.block_on(desk.core->identity({}));
  ASSERT_TRUE(identity.ok());
  std::string discovered = protocol::encode_discover_result(protocol::RevisionSet(), *identity, {});
  EXPECT_THAT(discovered, HasSubstr(R"("extensions":{"io.modelcontextprotocol/tasks":{}})"));
  EXPECT_THAT(discovered, Not(HasSubstr(R"("tasks":{"list")")));
  std::string initialized = protocol::encode_initialize_result(*protocol::find_revision(kTasksRevision), *identity);
  EXPECT_THAT(initialized, HasSubstr(R"("tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}})"));
  EXPECT_THAT(initialized, Not(HasSubstr("io.modelcontextprotocol/tasks")));
}

TEST_F(Tasks, LegacyListHasPages) {
  As as = legacy();
  for (int i = 0; i < 105; ++i) desk.start("must", "{}", as);
  std::string page = desk.ask("tasks/list", "{}", as);
  std::string cursor = Desk::member(page, "nextCursor");
  ASSERT_FALSE(cursor.empty());
  std::size_t seen = 0;
  base::Elements all(base::find_member(page, "tasks"));
  while (all.next()) ++seen;
  EXPECT_EQ(seen, 100u);
  page = desk.ask("tasks/list", R"({"cursor":)" + base::quoted(cursor) + "}", as);
  EXPECT_TRUE(Desk::member(page, "nextCursor").empty());
  base::Elements rest(base::find_member(page, "tasks"));
  while (rest.next()) ++seen;
  EXPECT_EQ(seen, 105u);
}

TEST_F(Tasks, LegacyChangesAreToldOnTheSessionsStream) {
  As as = legacy();
  Recorder stream(desk.loop), elsewhere(desk.loop);
  base::TaskGroup group;
  auto open = [](Desk* d, std::shared_ptr<sdk::Session> session, Recorder* out) -> mcp::Task<void> {
    sdk::Inbound in;
    in.session = std::move(session);
    (void)co_await d->core->stream(std::move(in), *out).result();
  };
  group.spawn(open(&desk, as.session, &stream));
  group.spawn(open(&desk, desk.session(kTasksRevision), &elsewhere));
  EXPECT_FALSE(desk.start("wait", "{}", as).empty());
  desk.turn();
  open_gate();
  ASSERT_EQ(stream.said.size(), 2u);
  EXPECT_EQ(stream.said[0].first, Method::tasks_status);
  EXPECT_THAT(stream.said[0].second, HasSubstr(R"("statusMessage":"waiting")"));
  EXPECT_THAT(stream.said[1].second, HasSubstr(R"("status":"completed")"));
  EXPECT_THAT(stream.said[1].second, Not(HasSubstr("waited")));
  EXPECT_TRUE(elsewhere.said.empty());
  stream.stop.request_stop();
  elsewhere.stop.request_stop();
}

// A clock that the test turns. It is there before the server that asks it.
struct Turned {
  mcp::TaskStore::Time time_{std::chrono::milliseconds(1'800'000'000'000)};
};

mcp::TaskOptions options_with(mcp::TaskStore::Time* time) {
  mcp::TaskOptions out;
  out.ttl = std::chrono::minutes(10);
  out.now = [time] { return *time; };
  out.limits = {4, 3};
  return out;
}

class Clocked : protected Turned, public Tasks {
 protected:
  Clocked() : Tasks(options_with(&time_)) {}
};

TEST_F(Clocked, ATaskEndsWithItsTimeAndNotBefore) {
  std::string done = desk.start("must"), waiting = desk.start("wait"), asking = desk.start("asks");
  time_ += std::chrono::minutes(10) - std::chrono::milliseconds(1);
  for (const auto& id : {done, waiting, asking}) EXPECT_THAT(desk.get(id), HasSubstr(R"("taskId")"));
  time_ += std::chrono::milliseconds(1);
  for (const auto& id : {done, waiting, asking}) EXPECT_THAT(desk.get(id), StartsWith("error -32602"));
  // Its handler has been stopped, and what it says now is nobody's business.
  open_gate();
  EXPECT_THAT(desk.get(waiting), StartsWith("error -32602"));
  EXPECT_THAT(desk.update(asking, R"({"a":{},"b":{}})"), StartsWith("error -32602"));
}

TEST_F(Clocked, TheNumberOfTasksIsBoundedPerCallerAndAltogether) {
  for (int i = 0; i < 3; ++i) desk.start("wait", "{}", named("alice"));
  EXPECT_THAT(desk.ask("tools/call", R"({"name":"wait"})", named("alice")), StartsWith("error 429"));
  desk.start("wait", "{}", named("bob"));
  EXPECT_THAT(desk.ask("tools/call", R"({"name":"wait"})", named("carol")), StartsWith("error 429"));
  time_ += std::chrono::minutes(10);
  desk.start("wait", "{}", named("carol"));
}

TEST_F(Clocked, ALegacyCallerMayAskForLessTimeNotForMore) {
  As as = legacy();
  EXPECT_THAT(desk.ask("tools/call", R"({"name":"must","task":{"ttl":5}})", as), HasSubstr(R"("ttl":5,)"));
  EXPECT_THAT(desk.ask("tools/call", R"({"name":"must","task":{"ttl":999999999999}})", as), HasSubstr(R"("ttl":600000,)"));
}

}  // namespace
