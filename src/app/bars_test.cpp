// Numbers as people read them.
#include "app/bars.h"

#include <gtest/gtest.h>

namespace {

TEST(Bars, NumbersForPeople) {
  EXPECT_EQ(app::grouped(0), "0");
  EXPECT_EQ(app::grouped(999), "999");
  EXPECT_EQ(app::grouped(1'000), "1,000");
  EXPECT_EQ(app::grouped(1'234'567), "1,234,567");
  EXPECT_EQ(app::share(1, 4), "25.0 %");
  EXPECT_EQ(app::share(1, 100'000), "<0.1 %");
  EXPECT_EQ(app::share(0, 100), "0.0 %");
  EXPECT_EQ(app::share(1, 0), "");
}

TEST(Bars, AreAsLongAsTheirShare) {
  EXPECT_EQ(app::bar(10, 10, 4), "████");
  EXPECT_EQ(app::bar(5, 10, 3), "█▌");
  EXPECT_EQ(app::bar(1, 1'000'000, 4), "▏");
  EXPECT_EQ(app::bar(0, 10, 4), "");
  EXPECT_EQ(app::bar(20, 10, 2), "██");
}

}  // namespace
