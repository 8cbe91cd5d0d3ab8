// What every backend does with API keys and approvals.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "store/catalog_store.h"
#include "store/postgres/testing.h"

namespace {

using mcp::Code;
using store::StoredApproval;
using store::StoredKey;
using Time = StoredKey::Time;

Time at(std::int64_t millis) { return Time(std::chrono::milliseconds(millis)); }

enum class Kind { sqlite, postgres };
void PrintTo(Kind kind, std::ostream* out) { *out << (kind == Kind::sqlite ? "sqlite" : "postgres"); }

class IdentityContract : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::postgres) {
      if (!schema_) GTEST_SKIP() << "no PostgreSQL: run by script/postgres";
      location_ = schema_->url();
    } else {
      std::string pattern = std::filesystem::temp_directory_path() / "gatehouse-identity-XXXXXX";
      folder_ = ::mkdtemp(pattern.data());
      location_ = "sqlite:" + folder_ + "/store.db";
    }
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  std::unique_ptr<store::Store> open() { return *store::open_store(location_); }

 private:
  std::string folder_, location_;
  std::optional<store::postgres::TestSchema> schema_ =
      GetParam() == Kind::postgres ? store::postgres::TestSchema::make() : std::optional<store::postgres::TestSchema>();
};

INSTANTIATE_TEST_SUITE_P(Backends, IdentityContract, testing::Values(Kind::sqlite, Kind::postgres),
                         [](const auto& one) { return one.param == Kind::sqlite ? "sqlite" : "postgres"; });

StoredKey key(const std::string& name) {
  StoredKey out;
  out.id = "id-" + name;
  out.name = name;
  out.owner = "ada";
  out.groups = R"(["leads"])";
  out.profiles = "[]";
  out.digest = "d1";
  out.created = at(1'000);
  out.expires = at(9'000);
  return out;
}

TEST_P(IdentityContract, KeysAreKeptAcrossAReopenAndNamesAreNotGivenTwice) {
  {
    auto store = open();
    ASSERT_TRUE(store->keys().insert(key("ci")).ok());
    ASSERT_TRUE(store->keys().insert(key("batch")).ok());
    StoredKey other = key("ci");
    other.id = "another";
    EXPECT_EQ(store->keys().insert(other).error().code, Code::conflict);
  }
  auto store = open();
  auto all = store->keys().list();
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2u);
  const StoredKey& kept = (*all)[1];
  EXPECT_EQ((*all)[0].name, "batch");
  EXPECT_EQ(kept.id, "id-ci");
  EXPECT_EQ(kept.owner, "ada");
  EXPECT_EQ(kept.groups, R"(["leads"])");
  EXPECT_EQ(kept.digest, "d1");
  EXPECT_EQ(kept.created, at(1'000));
  EXPECT_EQ(kept.expires, at(9'000));
  EXPECT_EQ(kept.revoked, Time());
  EXPECT_EQ(kept.revision, 1);
  auto found = store->keys().find("ci");
  ASSERT_TRUE(found.ok() && *found);
  EXPECT_EQ((*found)->id, "id-ci");
  EXPECT_FALSE((*store->keys().find("nobody")).has_value());
}

TEST_P(IdentityContract, AKeyIsReplacedOnlyByWhoSawItsLastRevision) {
  auto store = open();
  ASSERT_TRUE(store->keys().insert(key("ci")).ok());
  const std::int64_t before = *store->keys().version();
  StoredKey mine = **store->keys().find("ci"), theirs = mine;
  mine.digest = "d2";
  mine.old_digest = "d1";
  mine.old_until = at(5'000);
  EXPECT_TRUE(*store->keys().replace(mine));
  theirs.revoked = at(2'000);
  EXPECT_FALSE(*store->keys().replace(theirs));
  StoredKey now = **store->keys().find("ci");
  EXPECT_EQ(now.digest, "d2");
  EXPECT_EQ(now.old_until, at(5'000));
  EXPECT_EQ(now.revoked, Time());
  EXPECT_EQ(now.revision, 2);
  EXPECT_GT(*store->keys().version(), before);
}

TEST_P(IdentityContract, TheLastUseOfAKeyOnlyGrowsAndIsNoChange) {
  auto store = open();
  ASSERT_TRUE(store->keys().insert(key("ci")).ok());
  const std::int64_t before = *store->keys().version();
  ASSERT_TRUE(store->keys().touch({{"id-ci", at(7'000)}, {"unknown", at(1)}}).ok());
  ASSERT_TRUE(store->keys().touch({{"id-ci", at(6'000)}}).ok());
  EXPECT_EQ((**store->keys().find("ci")).used, at(7'000));
  EXPECT_EQ(*store->keys().version(), before);
}

StoredApproval approval(const std::string& id, std::int64_t created = 1'000, const std::string& caller = "key:ci") {
  StoredApproval out;
  out.id = id;
  out.caller = caller;
  out.digest = "d";
  out.state = "pending";
  out.body = R"({"a":"ü"})";
  out.created = out.changed = at(created);
  out.until = at(created + 1'000);
  return out;
}

TEST_P(IdentityContract, ApprovalsAreFoundByCallerAndDigestUntilTheirTimeIsOver) {
  {
    auto store = open();
    ASSERT_TRUE(store->approvals().insert(approval("a", 1'000), {}).ok());
    ASSERT_TRUE(store->approvals().insert(approval("b", 1'500), {}).ok());
    EXPECT_EQ(store->approvals().insert(approval("a"), {}).error().code, Code::conflict);
  }
  auto store = open();
  auto& approvals = store->approvals();
  auto both = *approvals.find_for("key:ci", "d", at(1'900));
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].id, "b");
  EXPECT_EQ(both[0].body, R"({"a":"ü"})");
  EXPECT_EQ(approvals.find_for("key:ci", "d", at(2'000))->size(), 1u);
  EXPECT_TRUE(approvals.find_for("key:other", "d", at(1'900))->empty());
  EXPECT_TRUE(approvals.find_for("key:ci", "e", at(1'900))->empty());
  ASSERT_EQ(approvals.list(at(1'900))->size(), 2u);
  EXPECT_EQ((*approvals.list(at(1'900)))[0].id, "a");
  EXPECT_EQ((*approvals.changed(at(1'200))), std::vector<std::string>{"b"});
  EXPECT_TRUE(*approvals.find("a"));
  EXPECT_FALSE(approvals.find("c")->has_value());
}

TEST_P(IdentityContract, AnApprovalIsReplacedOnlyByWhoSawItsLastRevision) {
  auto store = open(), other = open();
  ASSERT_TRUE(store->approvals().insert(approval("a"), {}).ok());
  StoredApproval mine = **store->approvals().find("a");
  mine.state = "approved";
  int won = 0;
  auto take = [&mine](store::Store* of, int* out) { *out = *of->approvals().replace(mine) ? 1 : 0; };
  int first = 0, second = 0;
  std::thread one(take, store.get(), &first), two(take, other.get(), &second);
  one.join();
  two.join();
  won = first + second;
  EXPECT_EQ(won, 1);
  EXPECT_EQ((**other->approvals().find("a")).state, "approved");
  EXPECT_EQ((**other->approvals().find("a")).revision, 2);
}

TEST_P(IdentityContract, ApprovalsAreBoundedAndForgotten) {
  auto store = open();
  auto& approvals = store->approvals();
  const store::ApprovalStore::Limits limits{2, 3};
  ASSERT_TRUE(approvals.insert(approval("a"), limits).ok());
  ASSERT_TRUE(approvals.insert(approval("b"), limits).ok());
  EXPECT_EQ(approvals.insert(approval("c"), limits).error().code, Code::rate_limited);
  ASSERT_TRUE(approvals.insert(approval("c", 1'000, "x"), limits).ok());
  EXPECT_EQ(approvals.insert(approval("d", 1'000, "y"), limits).error().code, Code::rate_limited);
  // Those whose time is over take no room.
  ASSERT_TRUE(approvals.insert(approval("e", 3'000), limits).ok());
  const auto much_later = std::chrono::duration_cast<std::chrono::milliseconds>(store::ApprovalStore::kKept).count() + 4'000;
  ASSERT_TRUE(approvals.insert(approval("f", much_later), limits).ok());
  EXPECT_FALSE(approvals.find("a")->has_value());
  EXPECT_TRUE(approvals.find("f")->has_value());
}

}  // namespace
