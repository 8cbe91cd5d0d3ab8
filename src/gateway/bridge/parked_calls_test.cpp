#include "gateway/bridge/parked_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using base::Code;
using base::Loop;
using base::Millis;
using base::Result;
using base::Task;
using gateway::LinkRequest;
using gateway::OwnedRequest;
using gateway::ParkedCall;
using gateway::ParkedCalls;
using protocol::Method;
using sdk::Reply;
using testing::ElementsAre;
using testing::SizeIs;

constexpr std::string_view kForm = R"({"message":"?","requestedSchema":{"type":"object","properties":{}}})";

// A call upstream as a test wants it.
struct Upstream {
  int calls = 0;
  std::vector<std::string> heard;  // answers to its questions, or codes
  base::Signal answered;
  std::vector<Method> questions = {Method::elicitation_create};
  bool hangs = false;
  Loop& loop;
  explicit Upstream(Loop& l) : loop(l) {}

  Task<void> ask(LinkRequest* request, Method method) {
    Result<std::string> answer = co_await request->on_question(method, std::string(kForm)).result();
    heard.push_back(answer ? *answer : std::string(mcp::code_name(answer.error().code)));
    answered.raise();
  }
  Task<Reply> serve(LinkRequest request) {
    ++calls;
    if (request.on_notification) request.on_notification(Method::progress, "{}");
    for (Method method : questions) co_await ask(&request, method);
    base::OneShot<void> never;
    if (hangs || request.stop.stop_requested()) co_await base::wait_for(never, loop.timers(), request.stop, request.deadline);
    co_return Reply(R"({"heard":)" + (heard.empty() ? "null" : heard.back()) + "}");
  }
};

struct World {
  explicit World(ParkedCalls::Limits limits = {}) : parked(loop, limits) {}
  ~World() { EXPECT_TRUE(loop.block_on(parked.stop()).ok()); }

  Result<std::shared_ptr<ParkedCall>> begin(std::string capabilities = R"({"elicitation":{}})") {
    OwnedRequest request;
    request.method = Method::tools_call;
    request.capabilities = std::move(capabilities);
    request.notifications = true;
    return parked.begin("ann", "digest", std::move(request), [this](LinkRequest what) { return upstream.serve(std::move(what)); });
  }
  Result<ParkedCalls::Leg> leg(std::shared_ptr<ParkedCall> call, std::stop_token stop = {}) {
    return loop.block_on(parked.leg(std::move(call), [this](Method, std::string_view) { ++notices; }, std::move(stop)));
  }
  Loop loop;
  Upstream upstream{loop};
  ParkedCalls parked;
  int notices = 0;
};

TEST(ParkedCalls, AreTakenUpWhereTheyWait) {
  World w;
  auto call = *w.begin();
  auto first = w.leg(call);
  ASSERT_TRUE(first.ok());
  ASSERT_THAT(first->questions, SizeIs(1));
  EXPECT_EQ(first->questions[0].key, "q1");
  EXPECT_EQ(first->questions[0].params, kForm);
  EXPECT_EQ(w.parked.find(call->id(), "ann", "digest"), call);
  EXPECT_EQ(w.parked.find(call->id(), "ben", "digest"), nullptr);
  EXPECT_EQ(w.parked.find(call->id(), "ann", "other"), nullptr);
  ASSERT_TRUE(call->answer(R"({"q1":{"action":"accept"}})").ok());
  auto second = w.leg(call);
  ASSERT_TRUE(second.ok() && second->reply);
  EXPECT_EQ(second->reply->result(), R"({"heard":{"action":"accept"}})");
  EXPECT_EQ(w.upstream.calls, 1);
  EXPECT_EQ(w.parked.size(), 0u);
  EXPECT_EQ(w.parked.find(call->id(), "ann", "digest"), nullptr);
}

TEST(ParkedCalls, WhatIsNotAnsweredIsAskedAgain) {
  World w;
  auto call = *w.begin();
  (void)w.leg(call);
  ASSERT_TRUE(call->answer(R"({"other":{}})").ok());
  ASSERT_TRUE(call->answer("").ok());
  EXPECT_EQ(call->answer(R"({"q1":5})").error().code, Code::invalid_argument);
  auto again = w.leg(call);
  ASSERT_TRUE(again.ok());
  EXPECT_THAT(again->questions, SizeIs(1));
  EXPECT_EQ(w.upstream.calls, 1);
}

TEST(ParkedCalls, RoundAfterRound) {
  World w;
  w.upstream.questions = {Method::elicitation_create, Method::elicitation_create};
  auto call = *w.begin();
  (void)w.leg(call);
  ASSERT_TRUE(call->answer(R"({"q1":{"a":1}})").ok());
  EXPECT_EQ(w.leg(call)->questions.at(0).key, "q2");
  ASSERT_TRUE(call->answer(R"({"q1":{"a":0},"q2":{"a":2}})").ok());
  EXPECT_TRUE(w.leg(call)->reply);
  EXPECT_THAT(w.upstream.heard, ElementsAre(R"({"a":1})", R"({"a":2})"));
}

TEST(ParkedCalls, WhatTheClientCannotBeAskedIsRefusedUpstream) {
  World w;
  w.upstream.questions = {Method::sampling_create_message};
  auto call = *w.begin();
  auto leg = w.leg(call);
  ASSERT_TRUE(leg.ok() && leg->reply);
  EXPECT_THAT(w.upstream.heard, ElementsAre("invalid_argument"));
}

TEST(ParkedCalls, NobodyComesBack) {
  World w({.most = 10, .life = Millis(1)});
  w.upstream.hangs = true;
  auto call = *w.begin();
  ASSERT_THAT(w.leg(call)->questions, SizeIs(1));
  auto wait = [](Upstream* upstream) -> Task<void> { co_await upstream->answered.wait(); };
  ASSERT_TRUE(w.loop.block_on(wait(&w.upstream)).ok());
  EXPECT_EQ(w.parked.find(call->id(), "ann", "digest"), nullptr);
  EXPECT_EQ(w.parked.size(), 0u);
  EXPECT_THAT(w.upstream.heard, ElementsAre(R"({"action":"cancel"})"));
}

TEST(ParkedCalls, AClientThatGoesCancelsTheCall) {
  World w;
  w.upstream.hangs = true;
  w.upstream.questions = {};
  auto call = *w.begin();
  std::stop_source stop;
  w.loop.post([&] { stop.request_stop(); });
  auto leg = w.leg(call, stop.get_token());
  ASSERT_FALSE(leg.ok());
  EXPECT_EQ(leg.error().code, Code::cancelled);
  EXPECT_EQ(w.parked.size(), 0u);
}

TEST(ParkedCalls, OneWaitsAtATimeAndTheTableIsBounded) {
  World w({.most = 1, .life = Millis(60'000)});
  w.upstream.hangs = true;
  w.upstream.questions = {};
  auto call = *w.begin();
  EXPECT_EQ(w.begin().error().code, Code::rate_limited);
  base::TaskGroup work;
  auto wait = [](ParkedCalls* parked, std::shared_ptr<ParkedCall> which) -> Task<void> {
    (void)co_await parked->leg(std::move(which), {}, {}).result();
  };
  work.spawn(wait(&w.parked, call));
  EXPECT_TRUE(call->waited_for());
  EXPECT_EQ(w.leg(call).error().code, Code::conflict);
  (void)w.loop.block_on(w.parked.stop());
  (void)w.loop.block_on(work.join());
}

TEST(ParkedCalls, AQuestionKeepsTheNameThatItsServerGaveIt) {
  World w;
  auto asks = [&w](LinkRequest request) -> Task<Reply> {
    auto run = [](World* world, LinkRequest what) -> Task<Reply> {
      base::TaskGroup asking;
      auto one = [](LinkRequest* of, std::string params) -> Task<void> {
        (void)co_await of->on_question(Method::elicitation_create, std::move(params)).result();
      };
      for (const char* key : {R"("name")", R"("name")", "7", R"("q3")"})
        asking.spawn(one(&what, std::string(R"({"message":"?","_meta":{"gatehouse/key":)") + key + "}}"));
      co_await asking.join();
      (void)world;
      co_return Reply(std::string("{}"));
    };
    return run(&w, std::move(request));
  };
  OwnedRequest request;
  request.capabilities = R"({"elicitation":{}})";
  auto call = *w.parked.begin("ann", "digest", std::move(request), asks);
  auto leg = w.leg(call);
  ASSERT_TRUE(leg.ok());
  std::vector<std::string> keys;
  for (const auto& question : leg->questions) {
    keys.push_back(question.key);
    EXPECT_EQ(question.params.find("gatehouse"), std::string::npos) << question.params;
  }
  EXPECT_THAT(keys, ElementsAre("name", "name_", "q3", "q3_"));
  ASSERT_TRUE(call->answer(R"({"name":{},"name_":{},"q3":{},"q3_":{}})").ok());
  EXPECT_TRUE(w.leg(call)->reply);
}

TEST(ParkedCalls, WhoIsAwayTheLongestGivesWay) {
  World w;
  const gateway::Audience ann{"ann", "{}", {}}, ben{"ben", "{}", {}};
  auto begin = [&](const gateway::Audience& audience) {
    OwnedRequest request;
    request.server = "up";
    request.audience = audience;
    request.capabilities = R"({"elicitation":{}})";
    auto serve = [&w](LinkRequest what) { return w.upstream.serve(std::move(what)); };
    return *w.parked.begin(audience.caller, "digest", std::move(request), serve);
  };
  auto first = begin(ann), second = begin(ann), other = begin(ben);
  for (const auto& call : {second, first, other}) ASSERT_THAT(w.leg(call)->questions, SizeIs(1));
  EXPECT_FALSE(w.parked.make_room("down", nullptr));
  EXPECT_FALSE(w.parked.gave_way(second->id()));
  ASSERT_TRUE(w.parked.make_room("up", &ann));
  EXPECT_TRUE(w.parked.gave_way(second->id()));
  EXPECT_EQ(w.parked.find(second->id(), "ann", "digest"), nullptr);
  EXPECT_NE(w.parked.find(first->id(), "ann", "digest"), nullptr);
  EXPECT_THAT(w.upstream.heard, ElementsAre(R"({"action":"cancel"})"));
  ASSERT_TRUE(w.parked.make_room("up", &ann));
  EXPECT_FALSE(w.parked.make_room("up", &ann));
  EXPECT_TRUE(w.parked.make_room("up", nullptr));
  EXPECT_EQ(w.parked.size(), 0u);
}

}  // namespace
