#include "gateway/upstream/session_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/upstream/fake_link.h"
#include "gateway/upstream/sessioned_link.h"

namespace {

using base::Code;
using base::Loop;
using base::Millis;
using base::Result;
using base::Task;
using gateway::Audience;
using gateway::Link;
using gateway::LinkEvents;
using gateway::LinkRequest;
using gateway::SessionPool;
using sdk::Reply;
using testing::ElementsAre;
using testing::SizeIs;

Audience who(std::string caller, std::string capabilities = R"({"elicitation":{"form":{}}})") {
  return {std::move(caller), std::move(capabilities), {}};
}

// What the sessions of a test share.
struct Sessions {
  std::vector<Audience> opened;
  int closed = 0;
  std::vector<std::string> open_errors;
  std::vector<std::string> asked;  // the number of the session, and the method
  base::OneShot<void>* hold = nullptr;
  bool alive = true;
};

class FakeSession final : public Link {
 public:
  FakeSession(Sessions& all, const protocol::Revision& revision, bool correlates)
      : all_(all), number_(all.opened.size()), correlates_(correlates) {
    hello_.revision = &revision;
    hello_.capabilities = "{}";
  }
  const gateway::Hello& hello() const override { return hello_; }
  bool correlates() const override { return correlates_; }
  Task<Reply> request(LinkRequest request) override {
    all_.asked.push_back(std::to_string(number_) + " " + std::string(protocol::method_name(request.method)));
    if (all_.hold) (void)co_await all_.hold->wait();
    co_return Reply(std::string("{}"));
  }
  bool alive() const override { return all_.alive; }
  std::string why() const override { return "gone"; }
  Task<void> close() override {
    ++all_.closed;
    co_return;
  }

 private:
  Sessions& all_;
  std::size_t number_;
  bool correlates_;
  gateway::Hello hello_;
};

gateway::OpenSession opener(Sessions& all, bool correlates = false) {
  return [&all, correlates](Audience audience, LinkEvents, std::stop_token) -> Task<std::unique_ptr<Link>> {
    auto open = [](Sessions* of, Audience whose, bool tells) -> Task<std::unique_ptr<Link>> {
      of->opened.push_back(std::move(whose));
      if (!of->open_errors.empty()) {
        std::string why = of->open_errors.front();
        of->open_errors.erase(of->open_errors.begin());
        co_return base::Error(Code::unavailable, why);
      }
      co_return std::unique_ptr<Link>(std::make_unique<FakeSession>(*of, protocol::latest_legacy(), tells));
    };
    return open(&all, std::move(audience), correlates);
  };
}

struct World {
  explicit World(SessionPool::Limits limits = {}) : pool(loop, opener(all), {}, limits) {}
  ~World() { EXPECT_TRUE(loop.block_on(pool.close()).ok()); }
  Result<SessionPool::Lease> lease(Audience audience, SessionPool::Use use = SessionPool::Use::alone, Millis within = Millis(2'000)) {
    return loop.block_on(pool.lease(std::move(audience), use, {}, base::Timers::now() + within));
  }
  Loop loop;
  Sessions all;
  SessionPool pool;
};

TEST(SessionPool, OneAloneInASessionAndTheOldestFreeOneFirst) {
  World w;
  auto one = w.lease(who("ann")), two = w.lease(who("ann"));
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(w.pool.size(), 2u);
  Link* first = &one->link();
  EXPECT_NE(first, &two->link());
  *one = SessionPool::Lease();
  *two = SessionPool::Lease();
  auto again = w.lease(who("ann"));
  EXPECT_EQ(&again->link(), first);
  EXPECT_EQ(w.pool.size(), 2u);
}

TEST(SessionPool, NoSessionIsSharedBetweenAudiences) {
  World w;
  auto ann = w.lease(who("ann"), SessionPool::Use::shared), ben = w.lease(who("ben"), SessionPool::Use::shared);
  auto less = w.lease(who("ann", "{}"), SessionPool::Use::shared), same = w.lease(who("ann"), SessionPool::Use::shared);
  EXPECT_NE(&ann->link(), &ben->link());
  EXPECT_NE(&ann->link(), &less->link());
  EXPECT_EQ(&ann->link(), &same->link());
  EXPECT_THAT(w.all.opened, ElementsAre(who("ann"), who("ben"), who("ann", "{}")));
}

TEST(SessionPool, AFullAudienceWaitsForAFreeSessionUntilItsDeadline) {
  World w({.per_audience = 1});
  auto one = w.lease(who("ann"));
  auto late = w.lease(who("ann"), SessionPool::Use::alone, Millis(30));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, Code::rate_limited);
  w.loop.post([&] { *one = SessionPool::Lease(); });
  EXPECT_TRUE(w.lease(who("ann")).ok());
  EXPECT_EQ(w.pool.size(), 1u);
}

TEST(SessionPool, WhoWaitsForLongSaysSo) {
  Loop loop;
  Sessions all;
  std::optional<SessionPool::Lease> one;
  std::vector<std::string> crowded;
  LinkEvents events;
  events.crowded = [&](const Audience* audience) {
    crowded.push_back(audience ? audience->caller : "all");
    if (crowded.size() == 2) one.reset();
  };
  SessionPool pool(loop, opener(all), events, {.per_audience = 1, .patience = Millis(1)});
  auto lease = [&](Audience audience) {
    return loop.block_on(pool.lease(std::move(audience), SessionPool::Use::alone, {}, base::Timers::now() + Millis(5'000)));
  };
  one = *lease(who("ann"));
  EXPECT_TRUE(lease(who("ann")).ok());
  EXPECT_THAT(crowded, ElementsAre("ann", "ann"));
  ASSERT_TRUE(loop.block_on(pool.close()).ok());
}

TEST(SessionPool, AFullUpstreamEndsWhatIsIdleLongest) {
  World w({.per_audience = 2, .per_upstream = 2});
  auto ann = w.lease(who("ann"));
  { auto ben = w.lease(who("ben")); }
  auto cid = w.lease(who("cid"));
  ASSERT_TRUE(cid.ok());
  EXPECT_EQ(w.pool.size(), 2u);
  EXPECT_EQ(w.all.closed, 1);
  EXPECT_EQ(w.lease(who("dan"), SessionPool::Use::alone, Millis(30)).error().code, Code::rate_limited);
}

TEST(SessionPool, AFailedStartIsToldAndTheNextOneTriesAgain) {
  World w;
  w.all.open_errors = {"no such program"};
  EXPECT_EQ(w.lease(who("ann")).error().message, "no such program");
  EXPECT_EQ(w.pool.size(), 0u);
  EXPECT_TRUE(w.lease(who("ann")).ok());
}

TEST(SessionPool, ADeadSessionIsReplaced) {
  World w;
  { auto one = w.lease(who("ann")); }
  w.all.alive = false;
  w.all.open_errors = {"still gone"};
  EXPECT_FALSE(w.lease(who("ann")).ok());
  EXPECT_EQ(w.all.closed, 1);
  w.all.alive = true;
  EXPECT_TRUE(w.lease(who("ann")).ok());
  EXPECT_THAT(w.all.opened, SizeIs(3));
}

TEST(SessionPool, AHandleHasOneSessionAndNeverAnother) {
  World w;
  Audience mine = who("ann"), theirs = who("ann");
  mine.handle = "handle:1";
  theirs.handle = "client:1";
  {
    auto one = w.lease(mine);
    ASSERT_TRUE(one.ok());
    EXPECT_EQ(w.lease(mine, SessionPool::Use::alone, Millis(30)).error().code, Code::rate_limited);
    EXPECT_TRUE(w.lease(theirs).ok());
  }
  w.all.alive = false;
  w.loop.post([&] { w.all.alive = true; });
  EXPECT_EQ(w.lease(mine).error().code, Code::not_found);
  w.all.alive = true;
  EXPECT_TRUE(w.lease(theirs).ok());
  w.pool.end("client:1");
  EXPECT_EQ(w.pool.size(), 0u);
}

TEST(SessionPool, IdleSessionsEndTheFirstOneLater) {
  World w;
  { auto one = w.lease(who("ann")), two = w.lease(who("ann")); }
  auto now = base::Timers::now();
  w.pool.sweep(now + std::chrono::minutes(2));
  EXPECT_EQ(w.pool.size(), 2u);
  w.pool.sweep(now + std::chrono::minutes(4));
  EXPECT_EQ(w.pool.size(), 1u);
  w.pool.sweep(now + std::chrono::minutes(31));
  EXPECT_EQ(w.pool.size(), 0u);
}

TEST(SessionPool, OneInUseIsNeverIdle) {
  World w;
  auto one = w.lease(who("ann"));
  w.pool.sweep(base::Timers::now() + std::chrono::hours(2));
  EXPECT_EQ(w.pool.size(), 1u);
}

// One upstream as the gateway has it.
struct Linked {
  Linked(const protocol::Revision& revision, bool correlates) {
    all.opened.push_back({});
    link = gateway::make_sessioned_link(loop, std::make_unique<FakeSession>(all, revision, correlates), opener(all, correlates), {});
  }
  ~Linked() { EXPECT_TRUE(loop.block_on(link->close()).ok()); }
  Task<void> ask(Audience audience, protocol::Method method) {
    LinkRequest request;
    request.method = method;
    request.audience = std::move(audience);
    request.deadline = base::Timers::now() + Millis(2'000);
    (void)co_await link->request(std::move(request)).result();
  }
  Loop loop;
  Sessions all;
  std::unique_ptr<Link> link;
};

TEST(SessionedLink, AModernUpstreamNeedsOneLink) {
  Linked w(protocol::latest_modern(), true);
  (void)w.loop.block_on(w.ask(who("ann"), protocol::Method::tools_call));
  (void)w.loop.block_on(w.ask(who("ben"), protocol::Method::tools_call));
  EXPECT_THAT(w.all.asked, ElementsAre("1 tools/call", "1 tools/call"));
}

TEST(SessionedLink, ALegacyEndpointHasASessionPerAudienceForAnyNumberOfCalls) {
  Linked w(protocol::latest_legacy(), true);
  base::OneShot<void> hold;
  w.all.hold = &hold;
  base::TaskGroup work;
  work.spawn(w.ask(who("ann"), protocol::Method::tools_call));
  w.all.hold = nullptr;
  (void)w.loop.block_on(w.ask(who("ann"), protocol::Method::tools_call));
  (void)w.loop.block_on(w.ask(who("ann", "{}"), protocol::Method::tools_call));
  (void)w.loop.block_on(w.ask({}, protocol::Method::tools_list));
  hold.set(Result<>());
  (void)w.loop.block_on(work.join());
  EXPECT_THAT(w.all.asked, ElementsAre("2 tools/call", "2 tools/call", "3 tools/call", "1 tools/list"));
}

TEST(SessionedLink, AProcessCarriesOneCallThatMayLeadToAQuestion) {
  Linked w(protocol::latest_legacy(), false);
  base::OneShot<void> hold;
  w.all.hold = &hold;
  base::TaskGroup work;
  work.spawn(w.ask(who("ann"), protocol::Method::tools_call));
  w.all.hold = nullptr;
  (void)w.loop.block_on(w.ask(who("ann"), protocol::Method::tools_call));
  // It cannot lead to one: the oldest will do. Whoever cannot be asked shares the first.
  (void)w.loop.block_on(w.ask(who("ann"), protocol::Method::completion_complete));
  (void)w.loop.block_on(w.ask(who("ann", "{}"), protocol::Method::tools_call));
  (void)w.loop.block_on(w.ask(who("ben", "{}"), protocol::Method::tools_call));
  hold.set(Result<>());
  (void)w.loop.block_on(work.join());
  EXPECT_THAT(w.all.asked, ElementsAre("2 tools/call", "3 tools/call", "2 completion/complete", "1 tools/call", "1 tools/call"));
}

}  // namespace
