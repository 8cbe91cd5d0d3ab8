#include "app/reader.h"

#include <gtest/gtest.h>

#include <chrono>

#include "app/config.h"

namespace {

TEST(Address, LoopbackOnly) {
  EXPECT_TRUE(app::parse_listen("localhost:0").ok());
  EXPECT_TRUE(app::parse_listen("127.8.0.1:1").ok());
  EXPECT_EQ(app::parse_listen("[::1]:8811")->text(), "[::1]:8811");
  for (const char* beyond : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::ffff:10.0.0.1]:1"})
    EXPECT_EQ(app::parse_listen(beyond).error().code, mcp::Code::denied) << beyond;
  for (const char* wrong :
       {"", "8811", ":8811", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "::1:8811", "[::1]", "[127.0.0.1]:1", "a.b:1"})
    EXPECT_EQ(app::parse_listen(wrong).error().code, mcp::Code::invalid_argument) << wrong;
}

TEST(Amounts, DurationsAndSizes) {
  EXPECT_EQ(app::parse_duration("30s"), std::chrono::seconds(30));
  EXPECT_EQ(app::parse_duration("5m"), std::chrono::minutes(5));
  EXPECT_EQ(app::parse_duration("1h"), std::chrono::hours(1));
  for (const char* wrong : {"", "s", "5", "-5s", "5 s", "1.5s", "99999999999999999999s", "18446744073709551615h"})
    EXPECT_FALSE(app::parse_duration(wrong)) << wrong;
  EXPECT_EQ(app::parse_size("4mb"), 4u * 1024 * 1024);
  EXPECT_EQ(app::parse_size("16KB"), 16u * 1024);
  EXPECT_EQ(app::parse_size("512"), 512u);
  for (const char* wrong : {"", "mb", "4 mb", "-1", "4tb", "18446744073709551615gb"}) EXPECT_FALSE(app::parse_size(wrong)) << wrong;
}

}  // namespace
