#include "gateway/upstream/breaker.h"

#include <gtest/gtest.h>

namespace {

using base::Instant;
using base::Millis;
using gateway::Breaker;
using Admission = gateway::Breaker::Admission;
using State = gateway::Breaker::State;

struct World {
  Instant now = Instant() + std::chrono::hours(1);
  Breaker breaker{{.in_a_row = 3,
                   .fewest = 10,
                   .share = 0.5,
                   .window = Millis(10'000),
                   .pause = {.free = 0, .first = Millis(1'000), .most = Millis(8'000)}},
                  [] { return 1.0; }};

  void works() { breaker.worked(breaker.admit(now), now); }
  void fails(std::string reason = "no answer") {
    auto how = breaker.admit(now);
    Instant began = now;
    now += Millis(1);
    breaker.failed(how, began, now, std::move(reason));
  }
};

TEST(Breaker, OpensAfterFailuresInARow) {
  World w;
  w.fails();
  w.fails();
  EXPECT_EQ(w.breaker.state(), State::closed);
  w.works();
  w.fails();
  w.fails();
  EXPECT_EQ(w.breaker.state(), State::closed);
  w.fails("connection refused");
  EXPECT_EQ(w.breaker.state(), State::open);
  EXPECT_EQ(w.breaker.reason(), "connection refused");
  EXPECT_EQ(w.breaker.admit(w.now), Admission::refused);
}

TEST(Breaker, RequestsThatWereUnderWayTogetherAreOneFailureInARow) {
  World w;
  Instant began = w.now;
  for (int i = 0; i < 9; ++i) w.breaker.failed(Admission::goes, began, began + Millis(100 + i), "reset");
  EXPECT_EQ(w.breaker.state(), State::closed);
}

TEST(Breaker, OpensWhenMostOfTheWindowFailed) {
  World w;
  for (int i = 0; i < 4; ++i) {
    w.works();
    w.fails();
  }
  EXPECT_EQ(w.breaker.state(), State::closed);
  w.fails();
  EXPECT_EQ(w.breaker.state(), State::closed) << "too few to judge";
  w.works();
  w.fails();
  EXPECT_EQ(w.breaker.state(), State::open);
}

TEST(Breaker, TheWindowForgets) {
  World w;
  for (int i = 0; i < 4; ++i) {
    w.works();
    w.fails();
  }
  EXPECT_TRUE(w.breaker.degraded(w.now));
  w.now += Millis(10'100);
  w.works();
  EXPECT_FALSE(w.breaker.degraded(w.now));
  w.fails();
  w.fails();
  EXPECT_EQ(w.breaker.state(), State::closed);
}

TEST(Breaker, AfterThePauseOneTrialGoesAndItsSuccessCloses) {
  World w;
  for (int i = 0; i < 3; ++i) w.fails();
  w.now = w.breaker.next_try() - Millis(1);
  EXPECT_TRUE(w.breaker.refuses(w.now));
  w.now += Millis(1);
  EXPECT_FALSE(w.breaker.refuses(w.now));
  EXPECT_EQ(w.breaker.admit(w.now), Admission::trial);
  EXPECT_EQ(w.breaker.state(), State::half_open);
  EXPECT_EQ(w.breaker.admit(w.now), Admission::refused);
  w.breaker.worked(Admission::trial, w.now);
  EXPECT_EQ(w.breaker.state(), State::closed);
  EXPECT_FALSE(w.breaker.degraded(w.now));
}

TEST(Breaker, ATrialThatFailsMakesThePauseLonger) {
  World w;
  for (int i = 0; i < 3; ++i) w.fails();
  for (int pause : {1'000, 2'000, 4'000, 8'000, 8'000}) {
    EXPECT_EQ(w.breaker.next_try() - w.now, Millis(pause));
    w.now = w.breaker.next_try();
    w.fails("still nothing");
    EXPECT_EQ(w.breaker.state(), State::open);
  }
  EXPECT_EQ(w.breaker.reason(), "still nothing");
}

TEST(Breaker, ATrialThatIsGivenUpLetsTheNextOneTry) {
  World w;
  for (int i = 0; i < 3; ++i) w.fails();
  w.now = w.breaker.next_try();
  EXPECT_EQ(w.breaker.admit(w.now), Admission::trial);
  w.breaker.given_up(Admission::trial);
  EXPECT_EQ(w.breaker.admit(w.now), Admission::trial);
}

TEST(Breaker, ASignOfLifeLeavesTheVerdictToTheNextRequest) {
  World w;
  for (int i = 0; i < 3; ++i) w.fails();
  w.now = w.breaker.next_try();
  EXPECT_EQ(w.breaker.admit(w.now), Admission::trial);
  w.breaker.alive();
  EXPECT_EQ(w.breaker.state(), State::half_open);
  EXPECT_EQ(w.breaker.admit(w.now), Admission::trial);
  w.breaker.failed(Admission::trial, w.now, w.now, "it pings and does not work");
  EXPECT_EQ(w.breaker.next_try() - w.now, Millis(2'000));
}

TEST(Breaker, WhatWasSentBeforeItOpenedChangesNothing) {
  World w;
  auto before = w.breaker.admit(w.now);
  for (int i = 0; i < 3; ++i) w.fails();
  w.breaker.worked(before, w.now);
  EXPECT_EQ(w.breaker.state(), State::open);
  w.breaker.failed(before, w.now, w.now, "late");
  EXPECT_EQ(w.breaker.next_try() - w.now, Millis(1'000));
}

TEST(Breaker, ANewProcessBeginsClosed) {
  World w;
  for (int i = 0; i < 3; ++i) w.fails();
  w.breaker.renewed();
  EXPECT_EQ(w.breaker.state(), State::closed);
  for (int i = 0; i < 3; ++i) w.fails();
  EXPECT_EQ(w.breaker.next_try() - w.now, Millis(1'000));
}

}  // namespace
