// What only a database over a network can do to a store.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "store/catalog_store.h"
#include "store/postgres/testing.h"

namespace {

using mcp::Code;
using store::open_store;
using store::postgres::Connection;
using store::postgres::soon;
using store::postgres::TestSchema;

#define NEEDS_POSTGRES(schema)      \
  auto schema = TestSchema::make(); \
  if (!schema) GTEST_SKIP() << "no PostgreSQL: run by script/postgres"

TEST(Postgres, ConnectsAgainWhenItsConnectionsWereCut) {
  NEEDS_POSTGRES(schema);
  auto store = open_store(schema->url());
  ASSERT_TRUE(store.ok()) << store.error().message;
  ASSERT_TRUE((*store)->catalogs().save({"a", "f", "{}"}).ok());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(schema->cut());
    EXPECT_TRUE((*store)->catalogs().save({"b", "f", "{}"}).ok());
    ASSERT_TRUE(schema->cut());
    EXPECT_TRUE((*store)->check().ok());
  }
  EXPECT_EQ((*store)->catalogs().load()->size(), 2u);
}

TEST(Postgres, OfSeveralThatComeAtATimeOneMakesTheSchema) {
  NEEDS_POSTGRES(schema);
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&] {
      auto store = open_store(schema->url());
      EXPECT_TRUE(store.ok()) << store.error().message;
    });
  for (auto& thread : threads) thread.join();
}

TEST(Postgres, RefusesANewerSchemaAndLeavesItAlone) {
  NEEDS_POSTGRES(schema);
  ASSERT_TRUE(open_store(schema->url()).ok());
  auto db = Connection::open(schema->url(), soon());
  ASSERT_TRUE(db.ok());
  ASSERT_TRUE(db->run_all("UPDATE gatehouse_schema SET version = 999", soon()).ok());
  auto store = open_store(schema->url());
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, Code::conflict);
  EXPECT_NE(store.error().message.find("999"), std::string::npos);
  EXPECT_EQ(db->run("SELECT version FROM gatehouse_schema", {}, soon())->number(0, 0), 999);
}

TEST(Postgres, AStatementThatTakesTooLongEndsWithItsDeadline) {
  NEEDS_POSTGRES(schema);
  auto db = Connection::open(schema->url(), soon());
  ASSERT_TRUE(db.ok());
  auto late = db->run_all("SELECT pg_sleep(60)", std::chrono::steady_clock::now() + std::chrono::milliseconds(50));
  EXPECT_EQ(late.error().code, Code::timeout);
  EXPECT_FALSE(db->usable());
}

TEST(Postgres, AServerThatNeverAnswersEndsWithTheDeadline) {
  int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  char folder[] = "/tmp/gatehouse-pg-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  sockaddr_storage address{};
  address.ss_family = AF_UNIX;
  const std::string path = std::string(folder) + "/.s.PGSQL.5432";
  path.copy(reinterpret_cast<char*>(&address) + sizeof address.ss_family, path.size());
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(sizeof address.ss_family + path.size() + 1)), 0);
  ASSERT_EQ(::listen(listener, 4), 0);
  auto db = Connection::open(std::string("postgres://me:hunter2@/g?host=") + folder,
                             std::chrono::steady_clock::now() + std::chrono::milliseconds(50));
  EXPECT_EQ(db.error().code, Code::timeout);
  EXPECT_EQ(db.error().message.find("hunter2"), std::string::npos);
  ::close(listener);
  ::unlink(path.c_str());
  ::rmdir(folder);
}

TEST(Postgres, NoErrorHoldsThePassword) {
  for (const char* url :
       {"postgres://me:hunter2@[::1/g", "postgres://me:hunter2@127.0.0.1:1/g", "postgres://me:hunter2@127.0.0.1:1/g?nonsense=1",
        "postgres://me@127.0.0.1:1/g?password=hunter2", "postgres://me:hunter2@/g?host=/nowhere/at/all"}) {
    auto store = open_store(url);
    ASSERT_FALSE(store.ok()) << url;
    EXPECT_EQ(store.error().message.find("hunter2"), std::string::npos) << store.error().message;
  }
}

}  // namespace
