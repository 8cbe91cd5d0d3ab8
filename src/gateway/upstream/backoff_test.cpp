#include "gateway/upstream/backoff.h"

#include <gtest/gtest.h>

namespace {

using base::Instant;
using base::Millis;
using gateway::Backoff;

const Instant kNow = Instant() + std::chrono::hours(1);

// Always draws the same.
Backoff backoff(gateway::BackoffOptions options, double drawn = 1) {
  return Backoff(options, [drawn] { return drawn; });
}

TEST(Backoff, TheFirstFailuresCostNothing) {
  Backoff b = backoff({.free = 2});
  EXPECT_TRUE(b.ready(kNow));
  b.failed(kNow);
  b.failed(kNow);
  EXPECT_TRUE(b.ready(kNow));
  b.failed(kNow);
  EXPECT_FALSE(b.ready(kNow));
  EXPECT_EQ(b.failures(), 3u);
}

TEST(Backoff, TheBoundDoublesUpToTheMost) {
  Backoff b = backoff({.free = 0, .first = Millis(100), .most = Millis(500)});
  Instant now = kNow;
  for (int bound : {100, 200, 400, 500, 500}) {
    b.failed(now);
    EXPECT_EQ(b.next_try() - now, Millis(bound));
    now = b.next_try();
    EXPECT_TRUE(b.ready(now));
  }
}

TEST(Backoff, EachWaitIsDrawnFromAllUpToTheBound) {
  for (double drawn : {0.0, 0.25, 0.99}) {
    Backoff b = backoff({.free = 0, .first = Millis(100), .least = Millis(20)}, drawn);
    b.failed(kNow);
    EXPECT_EQ(b.next_try() - kNow, Millis(20 + static_cast<int>(80 * drawn)));
  }
  gateway::Random random = gateway::system_random();
  for (int i = 0; i < 1000; ++i) {
    double drawn = random();
    ASSERT_GE(drawn, 0);
    ASSERT_LT(drawn, 1);
  }
}

TEST(Backoff, ManyFailuresDoNotOverflow) {
  Backoff b = backoff({.free = 0});
  for (int i = 0; i < 10'000; ++i) b.failed(kNow);
  EXPECT_EQ(b.next_try() - kNow, Millis(30'000));
}

TEST(Backoff, SuccessAndQuietBeginAnew) {
  Backoff b = backoff({.free = 0, .first = Millis(100), .quiet = Millis(1'000)});
  b.failed(kNow);
  b.failed(kNow);
  b.worked();
  EXPECT_TRUE(b.ready(kNow));
  EXPECT_EQ(b.failures(), 0u);
  b.failed(kNow);
  b.failed(kNow + Millis(1'001));
  EXPECT_EQ(b.failures(), 1u);
}

}  // namespace
