#include "store/sqlite/sqlite_store.h"

#include <array>
#include <mutex>
#include <optional>

#include "store/sqlite/database.h"
#include "store/sqlite/sqlite_approvals.h"
#include "store/sqlite/sqlite_keys.h"
#include "store/sqlite/sqlite_pins.h"
#include "store/sqlite/sqlite_sessions.h"
#include "store/sqlite/sqlite_sign_ins.h"
#include "store/sqlite/sqlite_tasks.h"

namespace store {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

// Each step takes the schema one version further. Never edited once released; only added to.
constexpr std::array kMigrations = {
    "CREATE TABLE catalog (server TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;",
    kTaskTable,
    kSessionTable,
    kKeyTable,
    kApprovalTable,
    kPinTable,
    kSignInTable,
};

class SqliteStore final : public Store, public CatalogStore {
 public:
  SqliteStore(std::string path, Database db) : path_(std::move(path)), db_(std::move(db)) {}

  // Brings the schema forward, in one transaction.
  Result<> migrate() {
    auto version = read_version();
    if (!version) return std::move(version).error();
    auto known = static_cast<std::int64_t>(kMigrations.size());
    if (*version > known)
      return Error(Code::conflict, "the store " + path_ + " has schema version " + std::to_string(*version) + ", this gatehouse knows " +
                                       std::to_string(known) + "; use the newer gatehouse, or another store");
    if (*version == known) return {};
    if (auto begun = db_.run("BEGIN IMMEDIATE"); !begun) return begun;
    for (std::int64_t step = *version; step < known; ++step) {
      if (auto done = db_.run(kMigrations[static_cast<std::size_t>(step)]); !done) {
        (void)db_.run("ROLLBACK");
        return std::move(done).error().in("migrating " + path_);
      }
    }
    if (auto set = db_.run("PRAGMA user_version=" + std::to_string(known)); !set) return set;
    return db_.run("COMMIT");
  }

  CatalogStore& catalogs() override { return *this; }
  mcp::TaskStore& tasks() override { return tasks_; }
  SessionStore& sessions() override { return *sessions_; }
  KeyStore& keys() override { return keys_; }
  ApprovalStore& approvals() override { return approvals_; }
  PinStore& pins() override { return pins_; }
  SignInStore& sign_ins() override { return sign_ins_; }

  // A session that a power cut loses costs a handshake, and one that is kept a disk flush: this connection goes without the flush.
  Result<> open_sessions() {
    if (path_ == ":memory:") {
      sessions_.emplace(db_, mutex_);
      return {};
    }
    auto db = Database::open(path_);
    if (!db) return std::move(db).error();
    session_db_.emplace(*std::move(db));
    if (auto set = session_db_->run("PRAGMA synchronous=NORMAL"); !set) return set;
    sessions_.emplace(*session_db_, session_mutex_);
    return {};
  }

  std::string describe() const override { return "sqlite:" + path_ + " (schema " + std::to_string(kMigrations.size()) + ")"; }

  Result<> check() override {
    std::lock_guard lock(mutex_);
    if (auto begun = db_.run("BEGIN IMMEDIATE"); !begun) return begun;
    return db_.run("ROLLBACK");
  }

  Result<std::vector<StoredCatalog>> load() override {
    std::lock_guard lock(mutex_);
    auto statement = db_.prepare("SELECT server, fingerprint, body FROM catalog ORDER BY server");
    if (!statement) return std::move(statement).error();
    std::vector<StoredCatalog> all;
    for (;;) {
      auto row = statement->step();
      if (!row) return std::move(row).error();
      if (!*row) return all;
      all.push_back({statement->text(0), statement->text(1), statement->text(2)});
    }
  }

  Result<> save(const StoredCatalog& catalog) override {
    std::lock_guard lock(mutex_);
    auto statement = db_.prepare(
        "INSERT INTO catalog (server, fingerprint, body) VALUES (?, ?, ?) "
        "ON CONFLICT (server) DO UPDATE SET fingerprint = excluded.fingerprint, body = excluded.body");
    if (!statement) return std::move(statement).error();
    return statement->bind(catalog.server).bind(catalog.fingerprint).bind(catalog.body).run();
  }

  Result<> remove(std::string_view server) override {
    std::lock_guard lock(mutex_);
    auto statement = db_.prepare("DELETE FROM catalog WHERE server = ?");
    if (!statement) return std::move(statement).error();
    return statement->bind(server).run();
  }

 private:
  Result<std::int64_t> read_version() {
    auto statement = db_.prepare("PRAGMA user_version");
    if (!statement) return std::move(statement).error();
    auto row = statement->step();
    if (!row) return std::move(row).error();
    return statement->number(0);
  }

  std::string path_;
  std::mutex mutex_;
  Database db_;
  SqliteTasks tasks_{db_, mutex_};
  SqliteKeys keys_{db_, mutex_};
  SqliteApprovals approvals_{db_, mutex_};
  SqlitePins pins_{db_, mutex_};
  SqliteSignIns sign_ins_{db_, mutex_};
  std::mutex session_mutex_;
  std::optional<Database> session_db_;
  std::optional<SqliteSessions> sessions_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::string& path) {
  if (path.empty()) return Error(Code::invalid_argument, "sqlite: needs a path, as in sqlite:./gatehouse.db");
  auto db = Database::open(path);
  if (!db) return std::move(db).error();
  auto store = std::make_unique<SqliteStore>(path, *std::move(db));
  if (auto migrated = store->migrate(); !migrated) return std::move(migrated).error();
  if (auto opened = store->open_sessions(); !opened) return std::move(opened).error();
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace store
