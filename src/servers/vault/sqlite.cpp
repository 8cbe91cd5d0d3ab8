#include "servers/vault/sqlite.h"

namespace servers {

Statement::Statement(sqlite3* db, std::string_view sql) {
  sqlite3_stmt* made = nullptr;
  sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  statement_.reset(made);
}

Statement& Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  next_ = 1;
  return *this;
}

Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), next_++, value);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  // A null pointer would bind NULL.
  sqlite3_bind_text(statement_.get(), next_++, text.empty() ? "" : text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  return *this;
}

bool Statement::step() { return sqlite3_step(statement_.get()) == SQLITE_ROW; }

void Statement::run() {
  while (step()) {}
  reset();
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

std::string Statement::text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  int size = sqlite3_column_bytes(statement_.get(), column);
  return text ? std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)) : std::string();
}

mcp::Result<Database> Database::open_private(std::string_view schema) {
  Database database;
  sqlite3* made = nullptr;
  // The empty name: a database of its own, which spills to an unnamed file.
  int code = sqlite3_open_v2("", &made, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  database.db_.reset(made);
  if (code == SQLITE_OK) {
    database.run("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-16000;");
    code = sqlite3_exec(made, std::string(schema).c_str(), nullptr, nullptr, nullptr);
  }
  if (code != SQLITE_OK) return mcp::Error(mcp::Code::internal, "the search index cannot be made: " + database.trouble());
  return database;
}

}  // namespace servers
