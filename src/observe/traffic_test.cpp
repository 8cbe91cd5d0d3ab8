// The last hour of each server: minutes that pass, quantiles, bounds.
#include "observe/traffic.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace {

using std::chrono::minutes;
using std::chrono::system_clock;

base::CallRecord call(std::string server, std::chrono::milliseconds took, base::Outcome outcome = base::Outcome::ok) {
  base::CallRecord record;
  record.server = std::move(server);
  record.name = "t";
  record.duration = took;
  record.outcome = outcome;
  record.tokens_out = 10;
  record.bytes_in = 3;
  return record;
}

TEST(Traffic, ForgetsAfterAnHour) {
  system_clock::time_point now{minutes(1'000'000)};
  observe::Traffic traffic([&] { return now; });
  traffic.finished(call("files", std::chrono::milliseconds(5)));
  now += minutes(59);
  traffic.finished(call("files", std::chrono::milliseconds(7), base::Outcome::failed));
  std::string json = traffic.of("files");
  ASSERT_TRUE(base::validate_json(json)) << json;
  EXPECT_EQ(base::find_member(json, "calls"), "2");
  EXPECT_EQ(base::find_member(json, "failed"), "1");
  EXPECT_EQ(base::find_member(json, "tokens_out"), "20");
  now += minutes(1);
  json = traffic.of("files");
  EXPECT_EQ(base::find_member(json, "calls"), "1");
  EXPECT_EQ(base::find_member(json, "failed"), "1");
  now += minutes(60);
  EXPECT_EQ(base::find_member(traffic.of("files"), "calls"), "0");
}

TEST(Traffic, KnowsQuantilesOfTheLatest) {
  observe::Traffic traffic;
  for (int i = 1; i <= 100; ++i) traffic.finished(call("s", std::chrono::milliseconds(i)));
  EXPECT_EQ(base::find_member(traffic.of("s"), "p50_us"), "50000");
  EXPECT_EQ(base::find_member(traffic.of("s"), "p95_us"), "95000");
  for (std::size_t i = 0; i < observe::Traffic::kDurations; ++i) traffic.finished(call("s", std::chrono::milliseconds(1)));
  EXPECT_EQ(base::find_member(traffic.of("s"), "p95_us"), "1000");
  EXPECT_EQ(base::find_member(traffic.of("nobody"), "p95_us"), "0");
}

TEST(Traffic, CountsSoManyServersAndNoMore) {
  observe::Traffic traffic;
  for (std::size_t i = 0; i <= observe::Traffic::kMostServers; ++i) traffic.finished(call(fmt::format("s{}", i), {}));
  EXPECT_EQ(base::find_member(traffic.of("s0"), "calls"), "1");
  EXPECT_EQ(base::find_member(traffic.of(fmt::format("s{}", observe::Traffic::kMostServers)), "calls"), "0");
}

}  // namespace
