#include "base/edit_distance.h"

#include <gtest/gtest.h>

namespace {

TEST(EditDistance, CountsSlips) {
  EXPECT_EQ(base::edit_distance("", "abc"), 6);
  EXPECT_EQ(base::edit_distance("abc", "acb"), 2);
  EXPECT_EQ(base::edit_distance("abc", "ABC"), 3);
  EXPECT_EQ(base::edit_distance("a-b", "a_b"), 1);
  EXPECT_EQ(base::edit_distance("abc", "abc"), 0);
}

}  // namespace
