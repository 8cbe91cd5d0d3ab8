#include "gateway/upstream/upstream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/upstream/fake_link.h"

namespace {

using base::Code;
using base::Loop;
using base::Millis;
using base::Result;
using base::Task;
using gateway::FakeServer;
using gateway::LinkRequest;
using gateway::ServerConfig;
using gateway::Upstream;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

ServerConfig config() {
  ServerConfig server;
  server.id = "fake";
  server.connect_timeout = Millis(5'000);
  return server;
}

// Waits are as long as they may get, and short.
gateway::UpstreamCare care() {
  gateway::UpstreamCare out;
  out.restart = {.free = 2, .first = Millis(60), .most = Millis(2'000)};
  out.breaker.in_a_row = 3;
  out.breaker.pause = {.free = 0, .first = Millis(60), .most = Millis(200), .least = Millis(60)};
  out.random = [] { return 1.0; };
  out.look = Millis(20);
  return out;
}

struct World {
  explicit World(ServerConfig c = config()) : upstream(loop, c, gateway::fake_opener(loop, server), {}, care()) {}
  Loop loop;
  FakeServer server;
  Upstream upstream;
  ~World() { EXPECT_TRUE(loop.block_on(upstream.close()).ok()); }

  LinkRequest call(Millis within = Millis(5'000)) {
    LinkRequest request;
    request.method = protocol::Method::tools_call;
    request.params = R"({"name":"t"})";
    request.deadline = base::Timers::now() + within;
    return request;
  }
  std::string state() const { return upstream.status().state; }
  // Waits for the upstream to be so.
  testing::AssertionResult becomes(std::string_view wanted) {
    auto wait = [](World* w, std::string_view state) -> Task<bool> {
      for (base::Instant until = base::Timers::now() + Millis(5'000); base::Timers::now() < until;) {
        if (w->state() == state) co_return true;
        w->loop.timers().pass(Millis(5));
        co_await base::resume_on(w->loop.executor());
      }
      co_return false;
    };
    Result<bool> did = loop.block_on(wait(this, wanted));
    if (did && *did) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "it stays " << state() << ": " << upstream.status().reason;
  }
  Result<sdk::Reply> ask(Millis within = Millis(5'000)) { return loop.block_on(upstream.request(call(within))); }
};

TEST(Upstream, StartsAtTheFirstUseAndOnlyOnce) {
  World w;
  EXPECT_EQ(w.upstream.status().state, "idle");
  w.server.answers = {std::string("{\"a\":1}"), std::string("{\"a\":2}")};
  EXPECT_EQ(w.ask()->result(), "{\"a\":1}");
  EXPECT_EQ(w.ask()->result(), "{\"a\":2}");
  EXPECT_EQ(w.server.opened, 1);
  EXPECT_EQ(w.upstream.status().state, "up");
}

Task<void> ask_into(Upstream* upstream, LinkRequest request, std::vector<std::string>* out) {
  Result<sdk::Reply> reply = co_await upstream->request(std::move(request)).result();
  out->push_back(reply ? std::string(reply->result()) : reply.error().message);
}

TEST(Upstream, ManyCallersShareOneStart) {
  World w;
  base::OneShot<void> ready;
  w.server.hold_start = &ready;
  w.server.answers = {std::string("1"), std::string("2"), std::string("3")};
  std::vector<std::string> out;
  base::TaskGroup group;
  for (int i = 0; i < 3; ++i) group.spawn(ask_into(&w.upstream, w.call(), &out));
  EXPECT_EQ(w.upstream.status().state, "starting");
  w.loop.post([&] { ready.set(Result<>()); });
  ASSERT_TRUE(w.loop.block_on(group.join()).ok());
  EXPECT_EQ(w.server.opened, 1);
  EXPECT_THAT(out, SizeIs(3));
  w.server.hold_start = nullptr;
}

TEST(Upstream, ACallerThatGivesUpDoesNotStopTheStart) {
  World w;
  base::OneShot<void> ready;
  w.server.hold_start = &ready;
  std::stop_source stop;
  LinkRequest request = w.call();
  request.stop = stop.get_token();
  w.loop.post([&] { stop.request_stop(); });
  auto reply = w.loop.block_on(w.upstream.request(std::move(request)));
  EXPECT_EQ(reply.error().code, Code::cancelled);
  ready.set(Result<>());
  w.server.hold_start = nullptr;
  w.server.answers = {std::string("{}")};
  EXPECT_TRUE(w.ask().ok());
  EXPECT_EQ(w.server.opened, 1);
}

TEST(Upstream, AFailedStartIsToldWithTheServersNameAndTriedAgain) {
  World w;
  w.server.open_errors = {"no such program"};
  auto reply = w.ask();
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, Code::unavailable);
  EXPECT_EQ(reply.error().message, "server 'fake': no such program");
  EXPECT_EQ(w.upstream.status().state, "down");
  EXPECT_EQ(w.upstream.status().reason, "no such program");
  w.server.answers = {std::string("{}")};
  EXPECT_TRUE(w.ask().ok());
}

TEST(Upstream, ADeadOneIsStartedAgainAtTheNextCall) {
  World w;
  w.server.answers = {std::string("{}"), base::Error(Code::unavailable, "killed by SIGKILL"), std::string("{}")};
  EXPECT_TRUE(w.ask().ok());
  auto lost = w.ask();
  EXPECT_EQ(lost.error().message, "server 'fake': killed by SIGKILL");
  w.server.alive = false;
  EXPECT_EQ(w.upstream.status().state, "down");
  EXPECT_EQ(w.upstream.status().reason, "killed by SIGKILL");
  EXPECT_TRUE(w.ask().ok());
  EXPECT_EQ(w.server.opened, 2);
  EXPECT_EQ(w.server.closed, 1);
}

TEST(Upstream, ACrashLoopIsBraked) {
  World w;
  w.server.open_errors = {"1", "2", "3", "4"};
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(w.ask().ok());
  auto braked = w.ask();
  EXPECT_EQ(w.server.opened, 3);
  EXPECT_EQ(braked.error().code, Code::unavailable);
  EXPECT_THAT(braked.error().message, HasSubstr("server 'fake': it failed 3 times and is left alone for 0.1 s more; the last time: 3"));
  EXPECT_EQ(braked.error().data, R"({"retryAfter":1})");
  EXPECT_EQ(w.state(), "down");
  EXPECT_TRUE(w.upstream.status().next_try);
  EXPECT_EQ(w.upstream.status().failures, 3u);
}

TEST(Upstream, WhatIsRequiredComesBackByItself) {
  ServerConfig c = config();
  c.required = true;
  World w(c);
  w.server.open_errors = {"1", "2", "3", "4"};
  EXPECT_FALSE(w.ask().ok());
  EXPECT_TRUE(w.becomes("up"));
  EXPECT_EQ(w.server.opened, 5);
}

TEST(Upstream, SoManyRunAtOnceAndTheQueueIsBounded) {
  ServerConfig c = config();
  c.concurrency = 1;
  c.queue = 1;
  World w(c);
  std::vector<std::string> out;
  base::TaskGroup group;
  std::stop_source stop;
  LinkRequest hangs = w.call();
  hangs.stop = stop.get_token();
  group.spawn(ask_into(&w.upstream, std::move(hangs), &out));
  group.spawn(ask_into(&w.upstream, w.call(), &out));
  EXPECT_EQ(w.upstream.status().in_flight, 1u);
  EXPECT_EQ(w.upstream.status().queued, 1u);
  auto refused = w.ask();
  EXPECT_EQ(refused.error().code, Code::rate_limited);
  EXPECT_THAT(refused.error().message,
              HasSubstr("server 'fake': it is busy: 1 requests run and 1 wait (servers.fake.concurrency and queue)"));
  w.loop.post([&] {
    w.server.answers = {std::string("{}")};
    stop.request_stop();
  });
  ASSERT_TRUE(w.loop.block_on(group.join()).ok());
  EXPECT_THAT(out, ElementsAre("server 'fake': the caller gave up", "{}"));
  EXPECT_EQ(w.upstream.status().in_flight, 0u);
}

TEST(Upstream, WhoWaitsInTheQueueWaitsNoLongerThanItsDeadline) {
  ServerConfig c = config();
  c.concurrency = 1;
  World w(c);
  std::vector<std::string> out;
  base::TaskGroup group;
  group.spawn(ask_into(&w.upstream, w.call(Millis(300)), &out));
  auto late = w.ask(Millis(30));
  EXPECT_EQ(late.error().code, Code::timeout);
  EXPECT_THAT(w.server.asked, SizeIs(1)) << "it was never sent";
  ASSERT_TRUE(w.loop.block_on(group.join()).ok());
}

TEST(Upstream, FailuresInARowOpenTheBreakerAndAnAnswerClosesIt) {
  World w;
  for (int i = 0; i < 3; ++i) w.server.answers.push_back(base::Error(Code::upstream_failed, "garbage"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(w.ask().error().code, Code::upstream_failed);
  EXPECT_EQ(w.state(), "open");
  auto refused = w.ask();
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_THAT(refused.error().message,
              HasSubstr("server 'fake': it failed too often, and is tried again in 0.1 s; the last failure: garbage"));
  EXPECT_THAT(w.server.asked, SizeIs(3));
  // The first trial asks for a sign of life, which the next request then proves.
  w.server.answers = {std::string("{}"), std::string("{\"good\":1}")};
  EXPECT_TRUE(w.becomes("half-open"));
  EXPECT_EQ(w.server.asked.back(), "server/discover {}");
  EXPECT_EQ(w.ask()->result(), "{\"good\":1}");
  EXPECT_EQ(w.state(), "up");
  EXPECT_EQ(w.upstream.status().failures, 3u);
  EXPECT_EQ(w.upstream.status().last_error, "garbage");
}

TEST(Upstream, WhenTheBreakerOpensThoseInTheQueueHearItAtOnce) {
  ServerConfig c = config();
  c.concurrency = 1;
  World w(c);
  for (int i = 0; i < 2; ++i) {
    w.server.answers = {base::Error(Code::upstream_failed, "garbage")};
    EXPECT_FALSE(w.ask().ok());
  }
  std::vector<std::string> out;
  base::TaskGroup group;
  group.spawn(ask_into(&w.upstream, w.call(Millis(30)), &out));
  for (int i = 0; i < 3; ++i) group.spawn(ask_into(&w.upstream, w.call(Millis(60'000)), &out));
  ASSERT_TRUE(w.loop.block_on(group.join()).ok());
  ASSERT_THAT(out, SizeIs(4));
  EXPECT_THAT(out[0], HasSubstr("the deadline passed"));
  for (int i = 1; i < 4; ++i) EXPECT_THAT(out[static_cast<std::size_t>(i)], HasSubstr("it failed too often"));
}

TEST(Upstream, ListsGoThroughTheBreakerAndWaitForNobody) {
  ServerConfig c = config();
  c.concurrency = 1;
  c.queue = 1;
  World w(c);
  auto list = [&w] {
    LinkRequest request = w.call();
    request.method = protocol::Method::tools_list;
    request.params = "{}";
    return w.loop.block_on(w.upstream.request(std::move(request)));
  };
  std::vector<std::string> out;
  std::stop_source stop;
  base::TaskGroup hanging;
  LinkRequest long_one = w.call();
  long_one.stop = stop.get_token();
  hanging.spawn(ask_into(&w.upstream, std::move(long_one), &out));  // has the one place
  w.server.answers = {std::string("{}")};
  EXPECT_TRUE(list().ok());
  EXPECT_EQ(w.upstream.status().in_flight, 1u);
  stop.request_stop();
  ASSERT_TRUE(w.loop.block_on(hanging.join()).ok());
  for (int i = 0; i < 3; ++i) w.server.answers.push_back(base::Error(Code::upstream_failed, "no sense"));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(list().ok());
  const std::size_t asked = w.server.asked.size();
  EXPECT_THAT(list().error().message, HasSubstr("it failed too often"));
  EXPECT_EQ(w.server.asked.size(), asked);
}

TEST(Upstream, ErrorsOfTheServerAndOfTheCallerDoNotOpenTheBreaker) {
  World w;
  for (int i = 0; i < 6; ++i) {
    w.server.answers = {base::Error(i % 2 ? Code::too_large : Code::cancelled, "no")};
    EXPECT_FALSE(w.ask().ok());
  }
  EXPECT_EQ(w.state(), "up");
}

TEST(Upstream, ADeathCountsOnceHoweverManyDieWithIt) {
  World w;
  w.server.answers = {std::string("{}")};
  EXPECT_TRUE(w.ask().ok());
  w.server.alive = false;
  EXPECT_EQ(w.state(), "down");
  for (int i = 0; i < 5; ++i) w.server.answers.push_back(std::string("{}"));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(w.ask().ok());
  EXPECT_EQ(w.upstream.status().failures, 1u);
}

ServerConfig child(Millis idle_stop = Millis(0)) {
  ServerConfig c = config();
  c.kind = ServerConfig::Kind::command;
  c.idle_stop = idle_stop;
  return c;
}

TEST(Upstream, AChildThatAnswersNothingAnyMoreIsReplaced) {
  ServerConfig c = child();
  c.connect_timeout = Millis(50);
  World w(c);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(w.ask(Millis(20)).error().code, Code::timeout);
  EXPECT_TRUE(w.becomes("down"));
  EXPECT_EQ(w.server.closed, 1);
  EXPECT_THAT(w.upstream.status().reason, HasSubstr("did not answer any more and was ended: the deadline passed"));
  w.server.answers = {std::string("{}")};
  EXPECT_TRUE(w.ask().ok());
  EXPECT_EQ(w.server.opened, 2);
}

TEST(Upstream, AnIdleChildStopsAndItsNextUseStartsIt) {
  World w(child(Millis(60)));
  w.server.answers = {std::string("{}"), std::string("{}")};
  EXPECT_TRUE(w.ask().ok());
  EXPECT_TRUE(w.becomes("stopped"));
  EXPECT_EQ(w.server.closed, 1);
  EXPECT_EQ(w.upstream.status().failures, 0u);
  EXPECT_TRUE(w.ask().ok());
  EXPECT_EQ(w.state(), "up");
  EXPECT_EQ(w.server.opened, 2);
}

TEST(Upstream, AChildIsNotIdleWhileItWorksOrSomebodyWantsToHearFromIt) {
  World w(child(Millis(40)));
  EXPECT_EQ(w.ask(Millis(200)).error().code, Code::timeout);
  EXPECT_EQ(w.server.closed, 0);
  auto awake = w.upstream.keep_awake();
  w.loop.timers().pass(Millis(150));
  ASSERT_TRUE(w.loop.block_on(w.loop.timers().sleep(Millis(0))).ok());
  EXPECT_EQ(w.state(), "degraded");
  awake.reset();
  EXPECT_TRUE(w.becomes("stopped"));
}

TEST(Upstream, ADeathIsNoticedWithoutARequest) {
  ServerConfig c = child();
  c.start = ServerConfig::Start::eager;
  World w(c);
  w.server.answers = {std::string("{}")};
  EXPECT_TRUE(w.ask().ok());
  w.server.alive = false;
  EXPECT_TRUE(w.becomes("up"));
  EXPECT_EQ(w.server.opened, 2);
}

TEST(Upstream, SizesAndRatesAreLimited) {
  ServerConfig c = config();
  c.largest_request = 20;
  c.largest_result = 10;
  c.rate = gateway::Rate{.per_second = 0.001, .burst = 2};
  World w(c);
  LinkRequest large = w.call();
  large.params = R"({"name":"a tool with a long name"})";
  auto refused = w.loop.block_on(w.upstream.request(std::move(large)));
  EXPECT_EQ(refused.error().code, Code::too_large);
  EXPECT_THAT(refused.error().message, HasSubstr("server 'fake': the body has 34 bytes, over the limit of 20 (servers.fake.limits.body)"));
  w.server.answers = {std::string("{}"), std::string("{\"a\":\"123456789\"}")};
  EXPECT_TRUE(w.ask().ok());
  auto result = w.ask();
  EXPECT_EQ(result.error().code, Code::too_large);
  EXPECT_THAT(result.error().message, HasSubstr("(servers.fake.limits.result)"));
  auto often = w.ask();
  EXPECT_EQ(often.error().code, Code::rate_limited);
  EXPECT_THAT(often.error().message, HasSubstr("servers.fake.limits.rate"));
}

TEST(Upstream, AHangingStartEndsWithTheCallersDeadlineAndWithTheGateway) {
  World w;
  w.server.hang_at_start = true;
  auto reply = w.ask(Millis(30));
  EXPECT_EQ(reply.error().code, Code::timeout);
  EXPECT_EQ(w.upstream.status().state, "starting");
  ASSERT_TRUE(w.loop.block_on(w.upstream.close()).ok());
  EXPECT_EQ(w.ask().error().code, Code::unavailable);
}

TEST(Upstream, ACallThatIsNeverAnsweredEndsWithItsDeadline) {
  World w;
  auto reply = w.ask(Millis(30));
  EXPECT_EQ(reply.error().code, Code::timeout);
  EXPECT_THAT(reply.error().message, HasSubstr("server 'fake'"));
}

}  // namespace
