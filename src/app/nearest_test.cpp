#include "app/nearest.h"

#include <gtest/gtest.h>

#include <array>

namespace {

constexpr std::array<std::string_view, 4> kWords{"servers", "store", "listen", "allowed_hosts"};

TEST(Nearest, FindsSlips) {
  EXPECT_EQ(app::find_nearest("server", kWords), "servers");
  EXPECT_EQ(app::find_nearest("sevrers", kWords), "servers");
  EXPECT_EQ(app::find_nearest("Store", kWords), "store");
  EXPECT_EQ(app::find_nearest("allowed-hosts", kWords), "allowed_hosts");
  EXPECT_EQ(app::find_nearest("lisen", kWords), "listen");
}

TEST(Nearest, IsSilentWhenNothingIsNear) {
  EXPECT_FALSE(app::find_nearest("zebra", kWords));
  EXPECT_FALSE(app::find_nearest("files__write_file", std::array<std::string_view, 1>{"files__read_file"}));
  EXPECT_FALSE(app::find_nearest("", kWords));
  EXPECT_FALSE(app::find_nearest(std::string(10'000, 's'), kWords));
}

}  // namespace
