#include "store/sqlite/database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace store {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

Error failed(sqlite3* db, std::string_view what) {
  return Error(Code::internal, "the store: " + std::string(what) + ": " + sqlite3_errmsg(db), "the store failed");
}

// The file must be ours alone before the first byte is written; SQLite gives its journals the same mode.
Result<> make_private(const std::string& path) {
  struct stat there{};
  // Not even opened where it is: to close it again would drop the locks that this process has on it by other connections (POSIX, fcntl),
  // and another process would take it for unused.
  if (::stat(path.c_str(), &there) == 0 && S_ISREG(there.st_mode) && (there.st_mode & 0077) == 0) return {};
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Error(Code::internal, "the store " + path + " cannot be opened: " + std::strerror(errno));
  struct stat info{};
  bool wide = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 0077) != 0;
  int changed = wide ? ::fchmod(fd, 0600) : 0;
  int reason = errno;
  ::close(fd);
  if (changed != 0)
    return Error(Code::internal, "the store " + path + " is readable by others and its mode cannot be changed: " + std::strerror(reason));
  return {};
}

}  // namespace

Statement& Statement::bind(std::string_view text) {
  int rc = sqlite3_bind_text64(statement_.get(), next_++, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (bound_ == SQLITE_OK) bound_ = rc;
  return *this;
}

Statement& Statement::bind(std::int64_t number) {
  int rc = sqlite3_bind_int64(statement_.get(), next_++, number);
  if (bound_ == SQLITE_OK) bound_ = rc;
  return *this;
}

Statement& Statement::again() {
  sqlite3_reset(statement_.get());
  next_ = 1;
  bound_ = SQLITE_OK;
  return *this;
}

Result<bool> Statement::step() {
  if (bound_ != SQLITE_OK) return failed(db_, "a value does not fit");
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW: return true;
    case SQLITE_DONE: return false;
    default: return failed(db_, "a statement failed");
  }
}

Result<> Statement::run() {
  auto row = step();
  if (!row) return std::move(row).error();
  return {};
}

std::string_view Statement::view(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes ? std::string_view(static_cast<const char*>(bytes), size) : std::string_view();
}

Result<Database> Database::open(const std::string& path) {
  if (path != ":memory:") {
    if (auto made = make_private(path); !made) return std::move(made).error();
  }
  sqlite3* raw = nullptr;
  int rc = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  Database db(raw);
  if (rc != SQLITE_OK) return Error(Code::internal, "the store " + path + " cannot be opened: " + sqlite3_errstr(rc));
  sqlite3_busy_timeout(raw, 5000);
  auto set = db.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;");
  if (!set) return std::move(set).error().in(path);
  return db;
}

Result<> Database::run(std::string_view sql) {
  std::string text(sql);
  if (sqlite3_exec(db_.get(), text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return failed(db_.get(), "a statement failed");
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(db_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr) != SQLITE_OK)
    return failed(db_.get(), "a statement is wrong");
  return Statement(db_.get(), raw);
}

}  // namespace store
