// What every backend of the store must do. A new backend is a line in kBackends.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "store/catalog_store.h"
#include "store/postgres/testing.h"
#include "store/sqlite/database.h"

namespace {

using mcp::Code;
using store::open_store;
using store::SessionStore;
using store::StoredCatalog;
using store::StoredPin;
using store::StoredSession;

class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "gatehouse-store-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// What a backend needs to be there, and where a fresh store of it is; empty: it cannot be tested here.
class SqliteHere {
 public:
  std::string location() { return "sqlite:" + folder_.file("store.db"); }

 private:
  Folder folder_;
};
class PostgresHere {
 public:
  std::string location() { return schema_ ? schema_->url() : std::string(); }

 private:
  std::optional<store::postgres::TestSchema> schema_ = store::postgres::TestSchema::make();
};

struct Backend {
  const char* name;
  std::function<std::function<std::string()>()> make;
};
template <class Here>
std::function<std::string()> made() {
  return [here = std::make_shared<Here>()] { return here->location(); };
}
const Backend kBackends[] = {{"sqlite", made<SqliteHere>}, {"postgres", made<PostgresHere>}};
void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }

class StoreContract : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    if (location().empty()) GTEST_SKIP() << "no PostgreSQL: run by script/postgres";
  }
  std::string location() { return here_(); }
  std::function<std::string()> here_ = GetParam().make();
};

INSTANTIATE_TEST_SUITE_P(Backends, StoreContract, testing::ValuesIn(kBackends),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_P(StoreContract, KeepsWhatWasSavedAcrossAReopen) {
  {
    auto store = open_store(location());
    ASSERT_TRUE(store.ok()) << store.error().message;
    ASSERT_TRUE((*store)->catalogs().save({"vault", "f1", "{\"tools\":[]}"}).ok());
    ASSERT_TRUE((*store)->catalogs().save({"files", "f2", std::string("a\0b", 3)}).ok());
  }
  auto store = open_store(location());
  ASSERT_TRUE(store.ok());
  auto all = (*store)->catalogs().load();
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].server, "files");
  EXPECT_EQ((*all)[0].body, std::string("a\0b", 3));
  EXPECT_EQ((*all)[1].fingerprint, "f1");
}

TEST_P(StoreContract, SavingAgainReplacesAndRemovingForgets) {
  auto store = open_store(location());
  ASSERT_TRUE(store.ok());
  auto& catalogs = (*store)->catalogs();
  ASSERT_TRUE(catalogs.save({"vault", "f1", "{}"}).ok());
  ASSERT_TRUE(catalogs.save({"vault", "f2", "[]"}).ok());
  EXPECT_EQ((*catalogs.load())[0].fingerprint, "f2");
  ASSERT_TRUE(catalogs.remove("vault").ok());
  ASSERT_TRUE(catalogs.remove("vault").ok());
  EXPECT_TRUE(catalogs.load()->empty());
}

TEST_P(StoreContract, ManyThreadsMaySave) {
  auto store = open_store(location());
  ASSERT_TRUE(store.ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) EXPECT_TRUE((*store)->catalogs().save({"s" + std::to_string(t), std::to_string(i), "{}"}).ok());
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ((*store)->catalogs().load()->size(), 4u);
  EXPECT_TRUE((*store)->check().ok());
}

TEST_P(StoreContract, PinsKeepEachMemberAndChangeTogether) {
  const StoredPin a{"files", "tool", "read", "d1", "", "first-use", "", "{\"name\":\"ü\"}"};
  const StoredPin held{"files", "tool", "read", "d2", "bob", "held", "it was changed", std::string("a\0b", 3)};
  std::int64_t before = 0;
  {
    auto store = open_store(location());
    ASSERT_TRUE(store.ok()) << store.error().message;
    auto& pins = (*store)->pins();
    before = *pins.version();
    ASSERT_TRUE(pins.change({}, {held, a}).ok());
    EXPECT_NE(*pins.version(), before);
  }
  auto store = open_store(location());
  ASSERT_TRUE(store.ok());
  auto& pins = (*store)->pins();
  EXPECT_EQ(*pins.load(), (std::vector{a, held}));
  StoredPin approved = held;
  approved.state = "approved";
  // What is forgotten and written again is written.
  ASSERT_TRUE(pins.change({a, held}, {approved}).ok());
  EXPECT_EQ(*pins.load(), std::vector{approved});
  ASSERT_TRUE(pins.change({a, approved}, {}).ok());
  EXPECT_TRUE(pins.load()->empty());
}

TEST_P(StoreContract, ManyThreadsMayChangePins) {
  auto store = open_store(location());
  ASSERT_TRUE(store.ok());
  const std::int64_t before = *(*store)->pins().version();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const StoredPin pin{"s" + std::to_string(t), "tool", std::to_string(i), "d", "", "approved", "", "{}"};
        EXPECT_TRUE((*store)->pins().change({}, {pin}).ok());
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ((*store)->pins().load()->size(), 40u);
  EXPECT_EQ(*(*store)->pins().version(), before + 40);
}

SessionStore::Time at(int seconds) { return SessionStore::Time(std::chrono::seconds(1'800'000'000 + seconds)); }

StoredSession session(const std::string& id, int used) {
  return {id, "one", "alice", "/mcp", "2025", R"({"name":"ü"})", "{}", "", "[]", at(used)};
}

TEST_P(StoreContract, SessionsKeepEachMemberAcrossAReopen) {
  {
    auto store = open_store(location());
    ASSERT_TRUE(store.ok()) << store.error().message;
    auto& sessions = (*store)->sessions();
    ASSERT_TRUE(sessions.insert(session("s", 5), {}).ok());
    StoredSession changed = session("s", 9);
    changed.level = "info";
    changed.subscribed = R"(["file:///a"])";
    ASSERT_TRUE(sessions.update(changed).ok());
    EXPECT_EQ(sessions.insert(session("s", 5), {}).error().code, Code::conflict);
  }
  auto store = open_store(location());
  auto found = (*store)->sessions().find("s");
  ASSERT_TRUE(found.ok() && *found);
  const StoredSession& one = **found;
  EXPECT_EQ(one.instance + one.principal + one.path + one.revision, "onealice/mcp2025");
  EXPECT_EQ(one.info + one.capabilities, R"({"name":"ü"}{})");
  EXPECT_EQ(one.level + one.subscribed, R"(info["file:///a"])");
  EXPECT_EQ(one.used, at(9));
  ASSERT_TRUE((*store)->sessions().remove("s").ok());
  ASSERT_TRUE((*store)->sessions().remove("s").ok());
  EXPECT_FALSE(*(*store)->sessions().find("s"));
}

TEST_P(StoreContract, OneOfSeveralClaimsASession) {
  auto store = open_store(location());
  auto& sessions = (*store)->sessions();
  ASSERT_TRUE(sessions.insert(session("s", 0), {}).ok());
  std::atomic<int> won = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      auto claimed = sessions.claim("s", "one", "new" + std::to_string(t), at(1));
      ASSERT_TRUE(claimed.ok()) << claimed.error().message;
      if (*claimed) ++won;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ((*sessions.find("s"))->instance.substr(0, 3), "new");
  EXPECT_FALSE(*sessions.claim("nobody", "one", "two", at(1)));
}

TEST_P(StoreContract, IdleSessionsGoAndThenTheOldest) {
  auto store = open_store(location());
  auto& sessions = (*store)->sessions();
  const SessionStore::Limits limits{.most = 100, .idle = std::chrono::hours(1)};
  // The limits are looked at now and then.
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(sessions.insert(session("s" + std::to_string(i), i < 10 ? 0 : 7200 + i), limits).ok());
  int left = 0;
  for (int i = 0; i < 300; ++i) left += (*sessions.find("s" + std::to_string(i))).has_value() ? 1 : 0;
  EXPECT_LT(left, 260);
  EXPECT_FALSE((*sessions.find("s0")).has_value());
  EXPECT_TRUE((*sessions.find("s299")).has_value());
}

TEST(SqliteStore, ItsFilesAreForTheOwnerOnly) {
  Folder folder;
  std::ofstream(folder.file("store.db")).flush();
  ::chmod(folder.file("store.db").c_str(), 0644);
  auto store = open_store("sqlite:" + folder.file("store.db"));
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE((*store)->catalogs().save({"a", "b", "c"}).ok());
  for (std::string name : {"store.db", "store.db-wal", "store.db-shm"}) {
    struct stat info{};
    ASSERT_EQ(::stat(folder.file(name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
}

TEST(SqliteStore, RefusesANewerSchemaAndLeavesItAlone) {
  Folder folder;
  {
    auto db = store::Database::open(folder.file("store.db"));
    ASSERT_TRUE(db.ok());
    ASSERT_TRUE(db->run("PRAGMA user_version=999").ok());
  }
  auto store = open_store("sqlite:" + folder.file("store.db"));
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, Code::conflict);
  EXPECT_NE(store.error().message.find("999"), std::string::npos);
}

TEST(SqliteStore, AFileThatIsNoDatabaseIsRefusedByName) {
  Folder folder;
  std::ofstream(folder.file("store.db")) << "this is a letter to my mother, and it is longer than a header of a database is";
  auto store = open_store("sqlite:" + folder.file("store.db"));
  ASSERT_FALSE(store.ok());
  EXPECT_NE(store.error().message.find("store.db"), std::string::npos) << store.error().message;
}

TEST(OpenStore, NamesTheKnownSchemes) {
  EXPECT_NE(open_store("mysql:x").error().message.find("sqlite:PATH"), std::string::npos);
  EXPECT_NE(open_store("mysql:x").error().message.find("postgres://"), std::string::npos);
  EXPECT_FALSE(open_store("sqlite:").ok());
  EXPECT_FALSE(open_store("sqlite:/nowhere/at/all.db").ok());
}

}  // namespace
