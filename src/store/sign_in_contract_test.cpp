// What every backend does with credentials for upstreams.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
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

using store::SignInRow;
using store::StoredSignIn;
using Time = StoredSignIn::Time;

Time at(std::int64_t millis) { return Time(std::chrono::milliseconds(millis)); }

enum class Kind { sqlite, postgres };
void PrintTo(Kind kind, std::ostream* out) { *out << (kind == Kind::sqlite ? "sqlite" : "postgres"); }

class SignInContract : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::postgres) {
      if (!schema_) GTEST_SKIP() << "no PostgreSQL: run by script/postgres";
      location_ = schema_->url();
    } else {
      std::string pattern = std::filesystem::temp_directory_path() / "gatehouse-sign-ins-XXXXXX";
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

INSTANTIATE_TEST_SUITE_P(Backends, SignInContract, testing::Values(Kind::sqlite, Kind::postgres),
                         [](const auto& one) { return one.param == Kind::sqlite ? "sqlite" : "postgres"; });

StoredSignIn sign_in(const std::string& server, const std::string& caller, const std::string& kind, const std::string& body) {
  return {{server, caller, kind}, "k1", body, at(1'000)};
}

TEST_P(SignInContract, RowsAreKeptAcrossAReopenAndReplaced) {
  {
    auto store = open();
    ASSERT_TRUE(store->sign_ins().put(sign_in("a", "ada", "tokens", "one")).ok());
    ASSERT_TRUE(store->sign_ins().put(sign_in("a", "ada", "tokens", "two")).ok());
  }
  auto store = open();
  auto found = store->sign_ins().find({"a", "ada", "tokens"});
  ASSERT_TRUE(found.ok());
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->body, "two");
  EXPECT_EQ((*found)->key_id, "k1");
  EXPECT_EQ((*found)->changed, at(1'000));
  ASSERT_TRUE(store->sign_ins().erase({"a", "ada", "tokens"}).ok());
  EXPECT_FALSE(*store->sign_ins().find({"a", "ada", "tokens"}));
  EXPECT_TRUE(store->sign_ins().erase({"a", "ada", "tokens"}).ok());
}

TEST_P(SignInContract, NoPartOfARowStandsForAnother) {
  auto store = open();
  ASSERT_TRUE(store->sign_ins().put(sign_in("a", "b", "c", "1")).ok());
  for (const SignInRow& other : {SignInRow{"a", "bc", ""}, SignInRow{"ab", "", "c"}, SignInRow{"a", "B", "c"}, SignInRow{"a", "b", "C"},
                                 SignInRow{"A", "b", "c"}, SignInRow{"a", "%", "c"}})
    EXPECT_FALSE(*store->sign_ins().find(other));
}

TEST_P(SignInContract, ForgettingOneCallerLeavesTheOthers) {
  auto store = open();
  auto& all = store->sign_ins();
  for (const char* kind : {"tokens", "choice"})
    for (const char* caller : {"ada", "bob"}) ASSERT_TRUE(all.put(sign_in("a", caller, kind, "x")).ok());
  ASSERT_TRUE(all.put(sign_in("b", "ada", "tokens", "x")).ok());
  EXPECT_EQ(*all.forget("a", "ada"), 2u);
  EXPECT_EQ(*all.forget("a", "ada"), 0u);
  auto left = all.list();
  ASSERT_TRUE(left.ok());
  ASSERT_EQ(left->size(), 3u);
  EXPECT_EQ((*left)[0].row, (SignInRow{"a", "bob", "choice"}));
  EXPECT_EQ((*left)[2].row, (SignInRow{"b", "ada", "tokens"}));
  EXPECT_TRUE((*left)[0].body.empty());
}

TEST_P(SignInContract, OneHoldsTheClaimUntilItLetsGoOrItsTimeIsOver) {
  auto store = open();
  auto& all = store->sign_ins();
  const SignInRow row{"a", "ada", "tokens"};
  EXPECT_TRUE(*all.claim(row, "one", at(0), at(100)));
  EXPECT_TRUE(*all.claim(row, "one", at(1), at(100)));
  EXPECT_FALSE(*all.claim(row, "two", at(2), at(100)));
  EXPECT_TRUE(*all.claim({"a", "bob", "tokens"}, "two", at(2), at(100)));
  ASSERT_TRUE(all.release(row, "two").ok());
  EXPECT_FALSE(*all.claim(row, "two", at(3), at(100)));
  ASSERT_TRUE(all.release(row, "one").ok());
  EXPECT_TRUE(*all.claim(row, "two", at(4), at(100)));
  EXPECT_TRUE(*all.claim(row, "one", at(100), at(200)));
}

TEST_P(SignInContract, OfManyAtOnceOneGetsTheClaim) {
  auto store = open();
  std::atomic<int> won = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      if (auto got = store->sign_ins().claim({"a", "ada", "tokens"}, std::to_string(i), at(0), at(100)); got && *got) ++won;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
}

}  // namespace
