#include "gateway/disclosure/paused_runs.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

constexpr base::Instant kNow{};

PausedRun run_of(std::string caller, std::string code, std::size_t bytes = 0) {
  PausedRun run;
  run.caller = std::move(caller);
  run.code_digest = std::move(code);
  if (bytes != 0) {
    sandbox::Entry entry;
    entry.answer.json = std::string(bytes, ' ');
    run.record.push_back(std::move(entry));
  }
  return run;
}

TEST(PausedRuns, IsTakenOnce) {
  PausedRuns runs;
  const std::string id = *runs.keep(run_of("ada", "code"), kNow);
  EXPECT_TRUE(runs.take(id, "ada", "code", kNow));
  EXPECT_FALSE(runs.take(id, "ada", "code", kNow));
  EXPECT_EQ(runs.size(), 0u);
  EXPECT_EQ(runs.bytes(), 0u);
}

TEST(PausedRuns, IsNobodyElsesAndForNoOtherCode) {
  PausedRuns runs;
  const std::string id = *runs.keep(run_of("ada", "code"), kNow);
  EXPECT_FALSE(runs.take(id, "bob", "code", kNow));
  EXPECT_FALSE(runs.take(id, "ada", "other", kNow));
  EXPECT_FALSE(runs.take("nothing", "ada", "code", kNow));
  EXPECT_TRUE(runs.take(id, "ada", "code", kNow)) << "what others tried does not cost her the run";
}

TEST(PausedRuns, EndsWithItsTime) {
  PausedRuns runs;
  const std::string id = *runs.keep(run_of("ada", "code"), kNow);
  EXPECT_FALSE(runs.take(id, "ada", "code", kNow + PausedRuns::kLives + base::Millis(1)));
}

TEST(PausedRuns, TheOldestGivesWayToManyAndToLarge) {
  PausedRuns runs;
  const std::string first = *runs.keep(run_of("ada", "code"), kNow), bobs = *runs.keep(run_of("bob", "code"), kNow);
  std::string second;
  for (std::size_t i = 0; i < PausedRuns::kMostOfCaller; ++i) {
    std::string id = *runs.keep(run_of("ada", "code"), kNow);
    if (i == 0) second = std::move(id);
  }
  EXPECT_EQ(runs.size(), PausedRuns::kMostOfCaller + 1);
  EXPECT_FALSE(runs.take(first, "ada", "code", kNow));
  EXPECT_TRUE(runs.take(second, "ada", "code", kNow));
  EXPECT_TRUE(runs.take(bobs, "bob", "code", kNow)) << "one caller's runs are no reason to lose another's";

  PausedRuns large;
  const std::size_t most = PausedRuns::kMostBytesOfCaller;
  EXPECT_FALSE(large.keep(run_of("ada", "code", most), kNow)) << "with what it takes to keep it, that is over the share";
  const std::string small = *large.keep(run_of("bob", "code", 1000), kNow);
  const std::string one = *large.keep(run_of("ada", "code", most * 3 / 5), kNow);
  const std::string two = *large.keep(run_of("ada", "code", most * 3 / 5), kNow);
  EXPECT_LE(large.bytes(), most + 2000);
  EXPECT_FALSE(large.take(one, "ada", "code", kNow));
  EXPECT_TRUE(large.take(two, "ada", "code", kNow));
  EXPECT_TRUE(large.take(small, "bob", "code", kNow));
}

TEST(PausedRuns, WhatCouldNotGoOnMayBeTriedAgain) {
  PausedRuns runs;
  const std::string id = *runs.keep(run_of("ada", "code", 5), kNow);
  auto run = runs.take(id, "ada", "code", kNow);
  ASSERT_TRUE(run);
  const std::string digest = run->digest();
  runs.put_back(id, *std::move(run), kNow);
  auto again = runs.take(id, "ada", "code", kNow);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->digest(), digest);
  EXPECT_EQ(runs.bytes(), 0u);
}

TEST(PausedRuns, ADigestIsOfWhatWasCalledAndAsked) {
  PausedRun run = run_of("ada", "code", 3);
  const std::string before = run.digest();
  run.record.front().answer.json = "1";
  EXPECT_NE(run.digest(), before);
}

}  // namespace
}  // namespace gateway
