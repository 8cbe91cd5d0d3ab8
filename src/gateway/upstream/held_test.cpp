#include "gateway/upstream/held.h"

#include <gtest/gtest.h>

#include "gateway/upstream/fake_link.h"

namespace {

using base::Loop;
using base::Millis;
using gateway::FakeServer;
using gateway::Held;
using gateway::ServerConfig;
using gateway::Upstream;

std::shared_ptr<Upstream> open_one(Loop& loop, FakeServer& server) {
  ServerConfig config;
  config.id = "fake";
  auto upstream = Held::hold(std::make_unique<Upstream>(loop, config, gateway::fake_opener(loop, server), gateway::LinkEvents{}), loop);
  EXPECT_TRUE(loop.block_on(upstream->open({}, base::Timers::now() + Millis(5'000))).ok());
  return upstream;
}

TEST(Held, IsClosedWhenTheLastCallLetsGo) {
  Loop loop;
  FakeServer server;
  auto upstream = open_one(loop, server);
  auto call = upstream;
  base::TaskGroup work;
  work.spawn(Held::retire(std::move(upstream), base::Timers::now() + std::chrono::hours(1), {}));
  // All that is due by now has its turn.
  auto turn = [](Loop* at) -> base::Task<void> { co_await base::resume_on(at->executor()); };
  ASSERT_TRUE(loop.block_on(turn(&loop)).ok());
  EXPECT_EQ(server.closed, 0);
  EXPECT_TRUE(Held::retiring(call).stop_requested());
  call.reset();
  ASSERT_TRUE(loop.block_on(work.join()).ok());
  EXPECT_EQ(server.closed, 1);
}

TEST(Held, IsClosedAtItsDeadlineOrWhenAllStopsWhoeverHoldsIt) {
  Loop loop;
  FakeServer server;
  auto call = open_one(loop, server);
  ASSERT_TRUE(loop.block_on(Held::retire(call, base::Timers::now() + Millis(30), {})).ok());
  EXPECT_EQ(server.closed, 1);
  auto refused = loop.block_on(call->open({}, base::Timers::now() + Millis(5'000)));
  EXPECT_FALSE(refused.ok());

  auto other = open_one(loop, server);
  std::stop_source stop;
  stop.request_stop();
  ASSERT_TRUE(loop.block_on(Held::retire(other, base::Timers::now() + std::chrono::hours(1), stop.get_token())).ok());
  EXPECT_EQ(server.closed, 2);
}

}  // namespace
