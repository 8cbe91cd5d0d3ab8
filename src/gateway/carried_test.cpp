#include "gateway/carried.h"

#include <gtest/gtest.h>

#include <vector>

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

using Keys = std::vector<sdk::Sealer::KeyMaterial>;

sdk::Sealer::KeyMaterial key(char letter) { return sdk::Sealer::KeyMaterial(std::string(32, letter)); }

TEST(Carrier, InstancesWithTheSameKeysOpenEachOthers) {
  const auto now = Carrier::WallTime::clock::now();
  const auto later = now + std::chrono::seconds(60);
  Carrier one("one", Keys{key('a')}), two("two", Keys{key('a')}), other("other", Keys{key('b')}), own("own");
  const std::string sealed = one.seal(CarriedKind::session, "s", "alice", later);
  auto opened = two.open(CarriedKind::session, sealed, "alice", now);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->instance, "one");
  EXPECT_FALSE(other.open(CarriedKind::session, sealed, "alice", now));
  EXPECT_FALSE(own.open(CarriedKind::session, sealed, "alice", now));
}

TEST(Carrier, KeysAreRotatedByPuttingANewOneFirst) {
  const auto now = Carrier::WallTime::clock::now();
  const auto later = now + std::chrono::seconds(60);
  Carrier old("old", Keys{key('a')}), both("both", Keys{key('b'), key('a')}), fresh("fresh", Keys{key('b')});
  EXPECT_TRUE(both.open(CarriedKind::task, old.seal(CarriedKind::task, "t", "me", later), "me", now));
  EXPECT_TRUE(fresh.open(CarriedKind::task, both.seal(CarriedKind::task, "t", "me", later), "me", now));
  EXPECT_FALSE(old.open(CarriedKind::task, both.seal(CarriedKind::task, "t", "me", later), "me", now));
  EXPECT_FALSE(fresh.open(CarriedKind::task, old.seal(CarriedKind::task, "t", "me", later), "me", now));
}

TEST(Carrier, AnyChangedByteIsRefused) {
  const auto now = Carrier::WallTime::clock::now();
  Carrier carrier("one", Keys{key('a')});
  const std::string sealed = carrier.seal(CarriedKind::handle, "h", "me", now + std::chrono::seconds(60));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (auto opened = carrier.open(CarriedKind::handle, changed, "me", now)) {
      // The last character's unused bits mean nothing.
      EXPECT_GE(i + 3, sealed.size());
      EXPECT_EQ(opened->body, "h");
    }
    EXPECT_FALSE(carrier.open(CarriedKind::handle, sealed.substr(0, i), "me", now));
  }
}

TEST(Carrier, RefusesPaddingThatIsNone) {
  Carrier carrier("one");
  const auto now = Carrier::WallTime::clock::now();
  for (const char* bad : {"====", "one.====", "one.A===", "one.====AAAA", "one.AA==AAAA", "one.=AAA", "."})
    EXPECT_FALSE(carrier.open(CarriedKind::task, bad, "alice", now)) << bad;
}

}  // namespace
}  // namespace gateway
