// A thin hold on SQLite, for the vault's private index.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace servers {

// A prepared statement. Use: bind in order, step while it gives rows, read columns; reset() before the next time.
// A failure of SQLite shows as no more rows, and in Database::trouble().
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* db, std::string_view sql);

  Statement& reset();
  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view text);
  bool step();
  // Runs to the end, without rows.
  void run();
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int next_ = 1;
};

// A database that no other process sees and that is gone when this is: in memory, and on disk once it is large.
// Threads: one at a time.
class Database {
 public:
  static mcp::Result<Database> open_private(std::string_view schema);

  // A statement for the caller to keep; an empty one when `sql` is wrong.
  Statement prepare(std::string_view sql) const { return Statement(db_.get(), sql); }
  void run(const char* sql) const { sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr); }
  std::int64_t last_id() const { return sqlite3_last_insert_rowid(db_.get()); }
  // What went wrong last, or "not an error".
  std::string trouble() const { return sqlite3_errmsg(db_.get()); }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace servers
