#include "gateway/rule_limits.h"

#include <gtest/gtest.h>

namespace {

using gateway::RuleLimits;
using std::chrono::seconds;

authz::Rule limited(const std::string& place, double each_second, double burst) {
  authz::Rule out;
  out.place = place;
  out.limit = authz::UseLimit{each_second, burst};
  return out;
}

TEST(RuleLimits, CountEachCallerAndEachLineByItself) {
  RuleLimits limits;
  const authz::Rule one = limited("a", 1, 2), other = limited("b", 1, 1);
  base::Instant now{seconds(100)};
  EXPECT_TRUE(limits.admit(one, "ada", now).ok());
  EXPECT_TRUE(limits.admit(one, "ada", now).ok());
  auto over = limits.admit(one, "ada", now);
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().code, base::Code::rate_limited);
  EXPECT_EQ(over.error().data, R"({"retryAfter":1})");
  EXPECT_EQ(over.error().leaving().find("ada"), std::string::npos);
  EXPECT_TRUE(limits.admit(one, "bob", now).ok());
  EXPECT_TRUE(limits.admit(other, "ada", now).ok());
  EXPECT_TRUE(limits.admit(one, "ada", now + seconds(1)).ok());
  EXPECT_FALSE(limits.admit(one, "ada", now + seconds(1)).ok());
  EXPECT_TRUE(limits.admit(authz::Rule(), "ada", now).ok());
}

TEST(RuleLimits, AreBounded) {
  RuleLimits limits;
  const authz::Rule one = limited("a", 0.001, 1);
  base::Instant now{seconds(100)};
  for (std::size_t i = 0; i < RuleLimits::kMost + 50; ++i) (void)limits.admit(one, "caller" + std::to_string(i), now);
  EXPECT_LE(limits.size(), RuleLimits::kMost + 1);
  EXPECT_FALSE(limits.admit(one, "another", now).ok()) << "those who came late share one";
  EXPECT_TRUE(limits.admit(one, "much later", now + seconds(2'000)).ok());
  EXPECT_LE(limits.size(), 2u);
}

}  // namespace
