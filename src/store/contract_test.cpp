// What every backend of the store must do. A new backend is a line in kBackends.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "store/catalog_store.h"
#include "store/sqlite/database.h"

namespace {

using mcp::Code;
using store::open_store;
using store::StoredCatalog;

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

class StoreContract : public testing::TestWithParam<std::string> {
 protected:
  std::string location() { return GetParam() + folder_.file("store.db"); }
  Folder folder_;
};

INSTANTIATE_TEST_SUITE_P(Backends, StoreContract, testing::Values("sqlite:"), [](const auto&) { return "sqlite"; });

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
  EXPECT_NE(open_store("postgres://x").error().message.find("not built yet"), std::string::npos);
  EXPECT_FALSE(open_store("sqlite:").ok());
  EXPECT_FALSE(open_store("sqlite:/nowhere/at/all.db").ok());
}

}  // namespace
