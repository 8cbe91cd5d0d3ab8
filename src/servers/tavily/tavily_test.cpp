// What calls may cost, how old a key may be, and how answers are cited.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "servers/tavily/tavily.h"
#include "servers/tavily/tools.h"

namespace servers::tavily {
namespace {

using ::testing::HasSubstr;

TEST(Spending, HoldsToItsLimits) {
  const auto noon = std::chrono::system_clock::from_time_t(43'200);
  Spending spending(5, 10);
  EXPECT_THAT(spending.reserve(6, noon).error().message, HasSubstr("up to 6 credits, and one call may cost 5"));
  ASSERT_TRUE(spending.reserve(5, noon).ok());
  ASSERT_TRUE(spending.reserve(5, noon).ok());
  EXPECT_FALSE(spending.reserve(1, noon).ok()) << "what is under way counts";
  spending.settle(5, 2, noon);
  spending.settle(5, 0, noon);
  EXPECT_EQ(spending.today(), 2);
  EXPECT_TRUE(spending.reserve(5, noon).ok());
  spending.settle(5, 5, noon);
  const auto tomorrow = noon + std::chrono::hours(24);
  EXPECT_TRUE(spending.reserve(5, tomorrow).ok());
  EXPECT_EQ(spending.today(), 0);
  EXPECT_EQ(spending.used(), 7);
  EXPECT_TRUE(Spending(0, 0).reserve(1'000'000, noon).ok());
}

TEST(Tavily, KnowsWhenAKeyIsOverdue) {
  const auto day = std::chrono::system_clock::from_time_t(40LL * 24 * 3600);
  EXPECT_EQ(*days_overdue("1970-01-01", "30d", day), 11);
  EXPECT_EQ(*days_overdue("1970-01-20", "30d", day), 0);
  EXPECT_EQ(*days_overdue("", "30d", day), 0);
  for (const char* wrong : {"1970-13-01", "soon", "1970-01-01x"}) EXPECT_FALSE(days_overdue(wrong, "30d", day).ok()) << wrong;
  for (const char* wrong : {"30", "d", "0d", "30m", "30dd"}) EXPECT_FALSE(days_overdue("1970-01-01", wrong, day).ok()) << wrong;
}

TEST(Tavily, CitesItsResults) {
  auto text = [](std::string_view body) { return cited(*mcp::Json::parse(body)); };
  EXPECT_EQ(text(R"({"results":[{"title":"A\nB","url":"https://a","content":"x"}]})"), "[1] A B — https://a\nx\n\n");
  EXPECT_EQ(text(R"({"results":["https://a","https://b"]})"), "[1] https://a\n[2] https://b\n");
  EXPECT_EQ(text(R"({"results":[]})"), "Nothing was found.\n");
  EXPECT_EQ(text("{}"), "Nothing was found.\n");
  EXPECT_THAT(text(R"({"results":[{"url":"u","raw_content":")" + std::string(30'000, 'x') + R"("}]})"), HasSubstr("… (10000 more bytes)"));
}

}  // namespace
}  // namespace servers::tavily
