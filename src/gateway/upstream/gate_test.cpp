#include "gateway/upstream/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using base::Code;
using base::Instant;
using base::Loop;
using base::Millis;
using base::Result;
using base::Task;
using gateway::Gate;
using testing::ElementsAre;
using testing::SizeIs;

struct World {
  Loop loop;
  Gate gate{loop, 1, 3};
  std::vector<std::string> said;
  std::vector<Gate::Pass> kept;
  base::TaskGroup group;

  static Task<void> enter(World* w, std::string name, std::stop_token stop, Instant deadline) {
    Result<Gate::Pass> pass = co_await w->gate.wait(std::move(stop), deadline).result();
    w->said.push_back(name + (pass ? " is in" : " " + std::string(mcp::code_name(pass.error().code))));
    if (pass) w->kept.push_back(*std::move(pass));
  }
  void waits(std::string name, std::stop_token stop = {}, Millis within = Millis(5'000)) {
    group.spawn(enter(this, std::move(name), std::move(stop), base::Timers::now() + within));
  }
  // Lets everything that is due happen.
  void turn() {
    base::OneShot<void> now;
    loop.post([&] { now.set(Result<>()); });
    auto wait = [](base::OneShot<void>* event) -> Task<void> { co_await co_await event->wait(); };
    ASSERT_TRUE(loop.block_on(wait(&now)).ok());
  }
  void ends() { ASSERT_TRUE(loop.block_on(group.join()).ok()); }
};

TEST(Gate, SoManyAreInsideAndTheRestWaitInOrder) {
  World w;
  auto first = w.gate.try_enter();
  ASSERT_TRUE(first);
  EXPECT_FALSE(w.gate.try_enter());
  w.waits("a");
  w.waits("b");
  EXPECT_FALSE(w.gate.full());
  w.waits("c");
  EXPECT_TRUE(w.gate.full());
  first.reset();
  w.turn();
  EXPECT_THAT(w.said, ElementsAre("a is in"));
  EXPECT_EQ(w.gate.inside(), 1u);
  EXPECT_FALSE(w.gate.try_enter()) << "nobody passes those who wait";
  for (int i = 0; i < 2; ++i) {
    w.kept.clear();
    w.turn();
  }
  EXPECT_THAT(w.said, ElementsAre("a is in", "b is in", "c is in"));
  w.kept.clear();
  EXPECT_EQ(w.gate.inside(), 0u);
  w.ends();
}

TEST(Gate, WhoGivesUpOrIsLateLosesItsSeatAndNobodyElses) {
  World w;
  auto first = w.gate.try_enter();
  std::stop_source stop;
  w.waits("a", stop.get_token());
  w.waits("b", {}, Millis(20));
  w.waits("c");
  w.loop.post([&] { stop.request_stop(); });
  while (w.said.size() < 2) w.turn();
  EXPECT_THAT(w.said, ElementsAre("a cancelled", "b timeout"));
  EXPECT_EQ(w.gate.waiting(), 1u);
  first.reset();
  w.ends();
  EXPECT_EQ(w.said.back(), "c is in");
}

TEST(Gate, APlaceThatComesTooLateGoesToTheNext) {
  World w;
  auto first = w.gate.try_enter();
  std::stop_source stop;
  w.waits("a", stop.get_token());
  w.waits("b");
  first.reset();  // a is called, and gives up before it hears it
  stop.request_stop();
  w.ends();
  EXPECT_THAT(w.said, ElementsAre("a cancelled", "b is in"));
  w.kept.clear();
  EXPECT_EQ(w.gate.inside(), 0u);
}

TEST(Gate, MorePlacesLetThoseInWhoWait) {
  World w;
  auto first = w.gate.try_enter();
  w.waits("a");
  w.waits("b");
  w.gate.resize(2, 3);
  w.turn();
  EXPECT_THAT(w.said, ElementsAre("a is in"));
  w.gate.resize(1, 3);
  first.reset();
  w.turn();
  EXPECT_THAT(w.said, SizeIs(1)) << "there is one place now, and it is taken";
  w.kept.clear();
  w.ends();
  EXPECT_THAT(w.said, ElementsAre("a is in", "b is in"));
}

TEST(Gate, AllWhoWaitCanBeSentAway) {
  World w;
  auto first = w.gate.try_enter();
  w.waits("a");
  w.waits("b");
  w.gate.send_away(base::Error(Code::unavailable, "closed"));
  w.ends();
  EXPECT_THAT(w.said, ElementsAre("a unavailable", "b unavailable"));
  EXPECT_EQ(w.gate.waiting(), 0u);
  EXPECT_EQ(w.gate.inside(), 1u);
}

}  // namespace
