// SQLite's C interface with owners and Results; no more than the repositories need.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "mcp/result.h"

namespace store {

// A prepared statement: bind in order, then step through the rows.
// Owns: the statement. Must not outlive its Database.
class Statement {
 public:
  Statement(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement, &sqlite3_finalize) {}

  // Binds the next parameter. The text is copied.
  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t number);

  // As it was prepared, to be bound and stepped once more.
  Statement& again();

  // True when there is a row, false at the end. Errors: internal, with SQLite's own words.
  mcp::Result<bool> step();
  // Runs a statement that gives no rows.
  mcp::Result<> run();

  std::string text(int column) const { return std::string(view(column)); }
  std::string_view view(int column) const;  // good until the next step()
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_.get(), column); }

 private:
  sqlite3* db_;
  std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement_;
  int next_ = 1;
  int bound_ = SQLITE_OK;
};

// One connection. Threads: one at a time; its users lock.
class Database {
 public:
  // Opens or creates `path` with mode 0600, WAL, a busy timeout of five seconds and foreign keys.
  // Errors: internal, naming the path and the reason.
  static mcp::Result<Database> open(const std::string& path);

  mcp::Result<> run(std::string_view sql);  // one or more statements without parameters
  mcp::Result<Statement> prepare(std::string_view sql);

 private:
  explicit Database(sqlite3* db) : db_(db, &sqlite3_close_v2) {}
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> db_;
};

}  // namespace store
