#include "gateway/subscriptions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <list>

#include "base/json.h"
#include "gateway/listeners.h"

namespace {

using base::Code;
using base::Loop;
using base::Millis;
using base::Result;
using base::Task;
using gateway::Audience;
using gateway::LinkRequest;
using gateway::Subscriptions;
using protocol::Method;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A modern upstream that the test holds by its listens.
struct Upstream {
  struct Listen {
    Audience audience;
    std::string params;
    std::function<void(Method, std::string_view)> tell;
    base::OneShot<sdk::Reply> end;
    bool open = true;
    void acknowledge(const std::string& uris) {
      tell(Method::subscriptions_acknowledged, "{\"notifications\":{\"resourceSubscriptions\":" + uris + "}}");
    }
    void update(const std::string& uri) { tell(Method::resources_updated, "{\"uri\":" + base::quoted(uri) + "}"); }
  };
  std::list<Listen> listens;
  bool grants = true;  // acknowledges everything at once
  bool reachable = true;
  std::function<void()> on_listen;

  Task<sdk::Reply> listen(LinkRequest request) {
    Listen& one = listens.emplace_back();
    one.audience = request.audience;
    one.params = request.params;
    one.tell = request.on_notification;
    if (on_listen) on_listen();
    if (!reachable) {
      one.open = false;
      co_return base::Error(Code::unavailable, "nobody is there");
    }
    if (grants) one.acknowledge(std::string(base::find_member(base::find_member(one.params, "notifications"), "resourceSubscriptions")));
    auto give_up = [&one] { one.end.set(base::Error(Code::cancelled, "the caller gave up")); };
    std::stop_callback on_stop(request.stop, give_up);
    Result<sdk::Reply> ended = co_await one.end.wait();
    one.open = false;
    co_return std::move(ended);
  }
  std::size_t open() const {
    return static_cast<std::size_t>(std::count_if(listens.begin(), listens.end(), [](const auto& l) { return l.open; }));
  }
};

struct World {
  Loop loop;
  Upstream upstream;
  Subscriptions subscriptions{loop, [this](std::string, LinkRequest request) { return upstream.listen(std::move(request)); },
                              Subscriptions::Times{Millis(20), Millis(40), Millis(100), Millis(20)}};
  std::vector<std::string> told;
  ~World() { EXPECT_TRUE(loop.block_on(subscriptions.stop()).ok()); }

  std::unique_ptr<Subscriptions::Wish> wish(Audience audience = {"ann", "{}", {}}) {
    auto tell = [this, who = audience.caller](std::string_view uri) { told.push_back(who + " " + std::string(uri)); };
    return std::make_unique<Subscriptions::Wish>(subscriptions, "fake", std::move(audience), tell);
  }
  Subscriptions::Agreed add(Subscriptions::Wish& wish, Subscriptions::Uris uris, Millis within = Millis(2'000)) {
    auto agreed = loop.block_on(wish.add(std::move(uris), {}, base::Timers::now() + within));
    EXPECT_TRUE(agreed.ok());
    return agreed ? *std::move(agreed) : Subscriptions::Agreed();
  }
  // Runs the loop until `done`, for seconds at most.
  bool until(std::function<bool()> done) {
    auto wait = [](Loop* at, std::function<bool()> what) -> Task<void> {
      const auto deadline = base::Timers::now() + std::chrono::seconds(10);
      while (!what() && base::Timers::now() < deadline) co_await base::resume_on(at->executor());
    };
    EXPECT_TRUE(loop.block_on(wait(&loop, done)).ok());
    return done();
  }
  void settle() {
    // The overlap of two listens, and what waits for its end: both are due, and so is this, which is added last.
    loop.timers().pass(Millis(100));
    EXPECT_TRUE(loop.block_on(loop.timers().sleep(Millis(0))).ok());
  }
};

TEST(Subscriptions, AllClientsOfOneAudienceShareAListen) {
  World w;
  auto one = w.wish(), two = w.wish();
  EXPECT_THAT(w.add(*one, {"a"}).granted, ElementsAre("a"));
  EXPECT_THAT(w.add(*two, {"a"}).granted, ElementsAre("a"));
  EXPECT_THAT(w.upstream.listens, SizeIs(1));
  w.settle();
  w.upstream.listens.back().update("a");
  EXPECT_THAT(w.told, ElementsAre("ann a", "ann a"));
  one.reset();
  w.settle();
  EXPECT_EQ(w.upstream.open(), 1u);
  two.reset();
  EXPECT_TRUE(w.until([&] { return w.upstream.open() == 0; }));
  EXPECT_EQ(w.subscriptions.feeds(), 0u);
}

TEST(Subscriptions, CallersAreKeptApart) {
  World w;
  auto ann = w.wish(), bob = w.wish({"bob", "{}", {}});
  w.add(*ann, {"a"});
  w.add(*bob, {"a"});
  ASSERT_THAT(w.upstream.listens, SizeIs(2));
  EXPECT_EQ(w.upstream.listens.front().audience.caller, "ann");
  w.settle();
  w.upstream.listens.front().update("a");
  EXPECT_THAT(w.told, ElementsAre("ann a"));
}

TEST(Subscriptions, ANewListenIsAcknowledgedBeforeTheOldOneEndsAndNothingIsToldTwice) {
  World w;
  auto one = w.wish(), two = w.wish();
  w.add(*one, {"a"});
  w.settle();
  w.upstream.grants = false;
  auto& old = w.upstream.listens.back();
  w.upstream.on_listen = [&] {
    w.loop.post([&] {
      auto& fresh = w.upstream.listens.back();
      EXPECT_TRUE(old.open);
      old.update("a");  // before the acknowledgement: only here
      fresh.acknowledge(R"(["a","b"])");
      old.update("a/1");  // from now on both tell
      fresh.update("a/1");
    });
  };
  EXPECT_THAT(w.add(*two, {"b"}).granted, ElementsAre("b"));
  EXPECT_TRUE(old.open);
  EXPECT_TRUE(w.until([&] { return !old.open; }));
  w.settle();
  EXPECT_THAT(w.told, testing::UnorderedElementsAre("ann a", "ann a/1"));
  EXPECT_EQ(w.upstream.open(), 1u);
}

TEST(Subscriptions, WhatTheUpstreamLeavesOutIsRefusedAndNeverTold) {
  World w;
  w.upstream.grants = false;
  w.upstream.on_listen = [&] { w.loop.post([&] { w.upstream.listens.back().acknowledge(R"(["a","c"])"); }); };
  auto one = w.wish();
  auto agreed = w.add(*one, {"a", "b"});
  EXPECT_THAT(agreed.granted, ElementsAre("a"));
  ASSERT_TRUE(agreed.refused.contains("b"));
  EXPECT_THAT(agreed.refused.find("b")->second.message, HasSubstr("fake"));
  w.settle();
  for (const char* uri : {"b", "c", "a"}) w.upstream.listens.back().update(uri);
  EXPECT_THAT(w.told, ElementsAre("ann a"));
  EXPECT_THAT(w.upstream.listens, SizeIs(1));
}

TEST(Subscriptions, OurOwnReasonsArePassedOn) {
  World w;
  w.upstream.grants = false;
  w.upstream.on_listen = [&] {
    w.loop.post([&] {
      w.upstream.listens.back().tell(
          Method::subscriptions_acknowledged,
          R"({"notifications":{},"_meta":{"gatehouse/refused":[{"uri":"a","error":{"code":-32002,"message":"gone","data":{"uri":"a"}}}]}})");
    });
  };
  auto one = w.wish();
  auto agreed = w.add(*one, {"a"});
  ASSERT_TRUE(agreed.refused.contains("a"));
  EXPECT_EQ(agreed.refused.find("a")->second.code, -32002);
  EXPECT_EQ(agreed.refused.find("a")->second.message, "gone");
}

TEST(Subscriptions, ABrokenListenIsOpenedAgainAndAllOfItCountsAsChanged) {
  World w;
  auto one = w.wish();
  w.add(*one, {"a"});
  w.settle();
  w.upstream.listens.back().end.set(base::Error(Code::unavailable, "killed by SIGKILL"));
  EXPECT_TRUE(w.until([&] { return w.upstream.open() == 1 && !w.told.empty(); }));
  EXPECT_THAT(w.told, ElementsAre("ann a"));
  w.settle();
  w.upstream.listens.back().update("a");
  EXPECT_THAT(w.told, SizeIs(2));
}

TEST(Subscriptions, AnUpstreamThatIsNotThereIsAskedUntilItIs) {
  World w;
  w.upstream.reachable = false;
  auto one = w.wish();
  auto agreed = w.add(*one, {"a"});
  EXPECT_THAT(agreed.open, ElementsAre("a"));
  EXPECT_EQ(agreed.why, "nobody is there");
  EXPECT_TRUE(w.until([&] { return w.upstream.listens.size() > 3; }));
  w.upstream.reachable = true;
  EXPECT_TRUE(w.until([&] { return !w.told.empty(); }));
  EXPECT_THAT(w.told, ElementsAre("ann a"));
}

TEST(Subscriptions, AServerThatDoesNotKnowTheMethodIsNotAskedAgain) {
  World w;
  w.upstream.grants = false;
  w.upstream.on_listen = [&] {
    w.loop.post([&] { w.upstream.listens.back().end.set(sdk::Reply(protocol::method_not_found("subscriptions/listen"))); });
  };
  auto one = w.wish();
  auto agreed = w.add(*one, {"a"});
  EXPECT_EQ(agreed.refused.find("a")->second.code, -32601);
  w.settle();
  EXPECT_THAT(w.upstream.listens, SizeIs(1));
  EXPECT_EQ(w.add(*one, {"b"}).refused.size(), 1u);
}

TEST(Subscriptions, AnUpstreamThatDoesNotAcknowledgeIsGivenUpForTheMoment) {
  World w;
  w.upstream.grants = false;
  auto one = w.wish();
  auto agreed = w.add(*one, {"a"}, Millis(50));
  EXPECT_THAT(agreed.open, ElementsAre("a"));
  EXPECT_TRUE(w.until([&] { return w.upstream.listens.size() == 2; }));
  EXPECT_FALSE(w.upstream.listens.front().open);
  w.upstream.listens.back().acknowledge(R"(["a"])");
  EXPECT_TRUE(w.until([&] { return !w.told.empty(); }));
}

TEST(Subscriptions, AClientThatLeavesWhileItWaitsLeavesNothingBehind) {
  World w;
  w.upstream.grants = false;
  auto one = w.wish();
  std::stop_source stop;
  w.upstream.on_listen = [&] { w.loop.post([&] { stop.request_stop(); }); };
  auto agreed = w.loop.block_on(one->add({"a"}, stop.get_token(), base::Timers::now() + Millis(5'000)));
  EXPECT_EQ(agreed.error().code, Code::cancelled);
  EXPECT_TRUE(one->empty());
  one.reset();
  EXPECT_TRUE(w.until([&] { return w.upstream.open() == 0 && w.subscriptions.feeds() == 0; }));
}

TEST(Subscriptions, ThereIsALimit) {
  World w;
  auto one = w.wish();
  Subscriptions::Uris many;
  for (std::size_t i = 0; i <= Subscriptions::kMostOfWish; ++i) many.insert("u" + std::to_string(i));
  auto agreed = w.loop.block_on(one->add(many, {}, base::Timers::now() + Millis(1'000)));
  EXPECT_EQ(agreed.error().code, Code::rate_limited);
  EXPECT_THAT(w.upstream.listens, IsEmpty());
}

}  // namespace
