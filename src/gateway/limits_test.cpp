#include "gateway/limits.h"

#include <gtest/gtest.h>

namespace {

using base::Code;
using base::Instant;
using base::Millis;
using gateway::CallerLimits;
using gateway::Limits;
using gateway::Rate;
using gateway::TokenBucket;
using Kind = gateway::CallerLimits::Kind;

const Instant kNow = Instant() + std::chrono::hours(1);

TEST(TokenBucket, GivesTheBurstAndThenTheRate) {
  TokenBucket bucket({.per_second = 10, .burst = 3});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.take(kNow));
  EXPECT_FALSE(bucket.take(kNow));
  EXPECT_EQ(bucket.wait(kNow), Millis(100));
  EXPECT_FALSE(bucket.take(kNow + Millis(99)));
  EXPECT_TRUE(bucket.take(kNow + Millis(101)));
  EXPECT_FALSE(bucket.full(kNow + Millis(200)));
  EXPECT_TRUE(bucket.full(kNow + Millis(1'000)));
}

TEST(TokenBucket, APauseFillsItNoFurtherThanTheBurst) {
  TokenBucket bucket({.per_second = 1, .burst = 2});
  Instant later = kNow + std::chrono::hours(24);
  EXPECT_TRUE(bucket.take(kNow));
  int taken = 0;
  while (bucket.take(later)) ++taken;
  EXPECT_EQ(taken, 2);
}

TEST(TokenBucket, AClockThatStandsOrGoesBackGivesNothing) {
  TokenBucket bucket({.per_second = 1000, .burst = 1});
  EXPECT_TRUE(bucket.take(kNow));
  EXPECT_FALSE(bucket.take(kNow - Millis(5'000)));
}

TEST(RetryAfter, IsWholeSecondsAndNeverZero) {
  EXPECT_EQ(gateway::retry_after(Millis(0)), R"({"retryAfter":1})");
  EXPECT_EQ(gateway::retry_after(Millis(1'001)), R"({"retryAfter":2})");
}

TEST(CallerLimits, WithoutLimitsNobodyIsRemembered) {
  Limits limits;
  CallerLimits all(limits);
  auto seat = all.admit("a", Kind::call, kNow);
  ASSERT_TRUE(seat.ok());
  EXPECT_EQ(all.running(), 1u);
  EXPECT_EQ(all.callers(), 0u);
}

TEST(CallerLimits, ARateIsEachCallersOwn) {
  Limits limits;
  limits.rate = Rate{.per_second = 0.5, .burst = 1};
  CallerLimits all(limits);
  EXPECT_TRUE(all.admit("a", Kind::call, kNow).ok());
  auto refused = all.admit("a", Kind::listen, kNow);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::rate_limited);
  EXPECT_EQ(refused.error().data, R"({"retryAfter":2})");
  EXPECT_NE(refused.error().message.find("limits.rate"), std::string::npos);
  EXPECT_TRUE(all.admit("b", Kind::call, kNow).ok());
  EXPECT_TRUE(all.admit("a", Kind::call, kNow + Millis(2'001)).ok());
}

TEST(CallerLimits, ConcurrencyCountsWhatRunsAndNotWhatListens) {
  Limits limits;
  limits.concurrency = 1;
  CallerLimits all(limits);
  {
    auto first = all.admit("a", Kind::call, kNow);
    ASSERT_TRUE(first.ok());
    EXPECT_EQ(all.admit("a", Kind::call, kNow).error().code, Code::rate_limited);
    EXPECT_TRUE(all.admit("a", Kind::listen, kNow).ok());
    EXPECT_TRUE(all.admit("b", Kind::call, kNow).ok());
  }
  EXPECT_TRUE(all.admit("a", Kind::call, kNow).ok());
  EXPECT_EQ(all.running(), 0u);
}

TEST(CallerLimits, AFullGatewayRefusesEverybodyButListeners) {
  Limits limits;
  limits.calls = 2;
  CallerLimits all(limits);
  auto one = all.admit("a", Kind::call, kNow);
  auto two = all.admit("b", Kind::call, kNow);
  EXPECT_TRUE(all.full());
  auto refused = all.admit("c", Kind::call, kNow);
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_TRUE(all.admit("c", Kind::listen, kNow).ok());
  CallerLimits::Seat moved = *std::move(one);
  moved = CallerLimits::Seat();
  EXPECT_FALSE(all.full());
}

TEST(CallerLimits, TheTableIsBoundedAndForgetsTheQuiet) {
  Limits limits;
  limits.rate = Rate{.per_second = 1, .burst = 1};
  CallerLimits all(limits);
  for (std::size_t i = 0; i < Limits::kMostCallers + 50; ++i) (void)all.admit("caller " + std::to_string(i), Kind::call, kNow);
  EXPECT_EQ(all.callers(), Limits::kMostCallers + 1);
  EXPECT_FALSE(all.admit("one too many", Kind::call, kNow).ok()) << "these share one bucket";
  EXPECT_TRUE(all.admit("somebody else", Kind::call, kNow + Millis(5'000)).ok());
  EXPECT_EQ(all.callers(), 1u);
}

}  // namespace
