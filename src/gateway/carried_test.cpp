#include "gateway/carried.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(Carrier, OpensForItsCallerAndPurposeUntilItExpires) {
  Carrier carrier("one");
  const auto now = Carrier::WallTime::clock::now();
  const std::string sealed = carrier.seal(CarriedKind::task, "t:1", "alice", now + std::chrono::seconds(60));
  auto opened = carrier.open(CarriedKind::task, sealed, "alice", now);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->instance, "one");
  EXPECT_EQ(opened->body, "t:1");
  EXPECT_FALSE(carrier.open(CarriedKind::task, sealed, "bob", now));
  EXPECT_FALSE(carrier.open(CarriedKind::cursor, sealed, "alice", now));
  EXPECT_FALSE(carrier.open(CarriedKind::task, sealed, "alice", now + std::chrono::seconds(61)));
  EXPECT_FALSE(carrier.open(CarriedKind::task, "A" + sealed, "alice", now));
  EXPECT_FALSE(carrier.open(CarriedKind::task, "", "alice", now));
}

}  // namespace
}  // namespace gateway
