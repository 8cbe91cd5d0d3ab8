// A schema of its own in the PostgreSQL server that script/postgres starts for tests.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>

#include "store/postgres/connection.h"

namespace store::postgres {

inline Instant soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(10); }

// Lives as long as this.
class TestSchema {
 public:
  // Nothing where there is no server: the variable GATEHOUSE_TEST_POSTGRES has its URL.
  static std::optional<TestSchema> make() {
    const char* server = std::getenv("GATEHOUSE_TEST_POSTGRES");
    if (!server) return std::nullopt;
    static int number = 0;
    std::string name = "t" + std::to_string(::getpid()) + "_" + std::to_string(++number);
    auto db = Connection::open(server, soon());
    if (!db || !db->run_all(("CREATE SCHEMA " + name).c_str(), soon())) return std::nullopt;
    return TestSchema(*std::move(db), name, std::string(server) + "&application_name=" + name + "&options=-csearch_path%3D" + name);
  }
  TestSchema(TestSchema&&) = default;
  ~TestSchema() {
    if (!url_.empty()) (void)db_.run_all(("DROP SCHEMA " + name_ + " CASCADE").c_str(), soon());
  }

  const std::string& url() const { return url_; }
  // Of the administrator, in no schema.
  Connection& admin() { return db_; }
  // Ends every connection that was made by url().
  bool cut() {
    const std::string sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '" + name_ + "'";
    return db_.run_all(sql.c_str(), soon()).ok();
  }

 private:
  TestSchema(Connection db, std::string name, std::string url) : db_(std::move(db)), name_(std::move(name)), url_(std::move(url)) {}
  Connection db_;
  std::string name_, url_;
};

}  // namespace store::postgres
