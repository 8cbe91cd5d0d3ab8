#include "gateway/upstream/session_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

namespace {

using base::Code;
using base::Loop;
using base::Result;
using base::Task;
using gateway::LinkRequest;
using gateway::SessionWatch;
using protocol::Method;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A session of a server that does as the test says.
struct World {
  Loop loop;
  std::vector<std::string> sent;
  std::deque<protocol::RpcError> refusals;  // each subscribe takes one
  base::OneShot<void>* hold = nullptr;      // the next request waits for it
  SessionWatch watch{loop, [this](Method method, std::string params, LinkRequest) { return answer(this, method, std::move(params)); }};

  static Task<sdk::Reply> answer(World* w, Method method, std::string params) {
    w->sent.push_back(std::string(protocol::method_name(method)) + " " + params);
    if (auto* hold = std::exchange(w->hold, nullptr)) (void)co_await hold->wait();
    if (w->refusals.empty() || method != Method::resources_subscribe) co_return sdk::Reply(std::string("{}"));
    protocol::RpcError error = w->refusals.front();
    w->refusals.pop_front();
    co_return sdk::Reply(std::move(error));
  }
  // Lets everything happen that can happen now.
  void turn() {
    for (int i = 0; i < 10; ++i) {
      loop.post([this] { loop.stop(); });
      loop.run();
      loop.io().restart();
    }
  }
  ~World() {
    for (auto* one : listening) one->stop.request_stop();
    turn();
    EXPECT_TRUE(loop.block_on(watch.close()).ok());
    EXPECT_TRUE(loop.block_on(group.join()).ok());
  }

  struct Listening {
    std::string params;
    std::vector<std::string> heard;
    std::stop_source stop;
    std::string end;
  };
  static Task<void> run(SessionWatch* watch, Listening* one) {
    LinkRequest request;
    request.method = Method::subscriptions_listen;
    request.params = one->params;
    request.stop = one->stop.get_token();
    request.on_notification = [one](Method method, std::string_view params) {
      one->heard.push_back(std::string(protocol::method_name(method)) + " " + std::string(params));
    };
    Result<sdk::Reply> ended = co_await watch->listen(std::move(request)).result();
    one->end = ended ? "result" : std::string(mcp::code_name(ended.error().code)) + ": " + ended.error().message;
  }
  void listen(Listening& one, const std::string& uris) {
    one.params = "{\"notifications\":{\"resourceSubscriptions\":" + uris + "}}";
    listening.push_back(&one);
    group.spawn(run(&watch, &one));
    turn();
  }
  std::vector<Listening*> listening;
  base::TaskGroup group;
};

const std::string kAckOfA = R"(notifications/subscriptions/acknowledged {"notifications":{"resourceSubscriptions":["a"]}})";

TEST(SessionWatch, SubscribesOnceAndUnsubscribesWithTheLast) {
  World::Listening one, two;
  World w;
  w.listen(one, R"(["a"])");
  w.listen(two, R"(["a","b"])");
  EXPECT_THAT(w.sent, ElementsAre(R"(resources/subscribe {"uri":"a"})", R"(resources/subscribe {"uri":"b"})"));
  EXPECT_THAT(one.heard, ElementsAre(kAckOfA));
  w.watch.updated("b");
  w.watch.updated("a");
  EXPECT_THAT(one.heard, ElementsAre(kAckOfA, R"(notifications/resources/updated {"uri":"a"})"));
  EXPECT_EQ(two.heard.size(), 3u);
  w.sent.clear();
  one.stop.request_stop();
  w.turn();
  EXPECT_THAT(w.sent, IsEmpty());
  two.stop.request_stop();
  w.turn();
  EXPECT_THAT(w.sent, testing::UnorderedElementsAre(R"(resources/unsubscribe {"uri":"a"})", R"(resources/unsubscribe {"uri":"b"})"));
  EXPECT_THAT(one.end, HasSubstr("cancelled"));
}

TEST(SessionWatch, WhatTheServerRefusesIsLeftOutWithItsReason) {
  World::Listening one;
  World w;
  w.refusals = {{-32002, 200, "no such resource", R"({"uri":"a"})", {}}};
  w.listen(one, R"(["a","b"])");
  ASSERT_EQ(one.heard.size(), 1u);
  EXPECT_THAT(one.heard[0], HasSubstr(R"("resourceSubscriptions":["b"])"));
  EXPECT_THAT(one.heard[0], HasSubstr(R"("gatehouse/refused":[{"uri":"a","error":{"code":-32002,"message":"no such resource")"));
  w.watch.updated("a");
  EXPECT_EQ(one.heard.size(), 1u);
}

TEST(SessionWatch, ALostSessionEndsAllListeningAndTheNextBeginsAnew) {
  World::Listening one, two;
  World w;
  w.listen(one, R"(["a"])");
  w.watch.lost("killed by SIGKILL");
  EXPECT_EQ(one.end, "unavailable: killed by SIGKILL");
  w.turn();
  EXPECT_EQ(w.sent.size(), 1u);
  w.listen(two, R"(["a"])");
  EXPECT_EQ(w.sent.size(), 2u);
  EXPECT_THAT(two.heard, ElementsAre(kAckOfA));
}

TEST(SessionWatch, OneThatComesWhileItIsUnsubscribedIsSubscribedAfterThat) {
  World::Listening one, two;
  World w;
  w.listen(one, R"(["a"])");
  base::OneShot<void> hold;
  w.hold = &hold;
  one.stop.request_stop();
  w.turn();
  w.listen(two, R"(["a"])");
  EXPECT_THAT(two.heard, IsEmpty());
  EXPECT_EQ(w.sent.size(), 2u);
  hold.set(Result<>());
  w.turn();
  EXPECT_THAT(two.heard, ElementsAre(kAckOfA));
  EXPECT_EQ(w.sent.back(), R"(resources/subscribe {"uri":"a"})");
}

TEST(SessionWatch, ASessionThatIsLostWhileItSubscribesIsNotTouchedAgain) {
  World::Listening one;
  World w;
  base::OneShot<void> hold;
  w.hold = &hold;
  w.listen(one, R"(["a"])");
  w.watch.lost("gone");
  EXPECT_EQ(one.end, "unavailable: gone");
  hold.set(Result<>());
  w.turn();
  EXPECT_EQ(w.sent.size(), 1u);
}

}  // namespace
