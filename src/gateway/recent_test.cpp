#include "gateway/recent.h"

#include <gtest/gtest.h>

#include <string>

namespace {

TEST(Recent, TheLeastLatelyUsedGoesFirst) {
  gateway::Recent<std::string, int> values(2);
  values.put("a", 1);
  values.put("b", 2);
  EXPECT_EQ(*values.find("a"), 1);
  values.put("c", 3);
  EXPECT_EQ(values.find("b"), nullptr);
  EXPECT_EQ(*values.find("a"), 1);
  values.put("a", 4);
  EXPECT_EQ(*values.find("a"), 4);
  EXPECT_EQ(values.size(), 2u);
}

}  // namespace
