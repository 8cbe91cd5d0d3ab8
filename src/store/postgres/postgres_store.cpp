#include "store/postgres/postgres_store.h"

#include <array>

#include "store/postgres/connection.h"
#include "store/postgres/postgres_approvals.h"
#include "store/postgres/postgres_keys.h"
#include "store/postgres/postgres_pins.h"
#include "store/postgres/postgres_sessions.h"
#include "store/postgres/postgres_sign_ins.h"
#include "store/postgres/postgres_tasks.h"

namespace store {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using postgres::Connection;
using postgres::Instant;
using postgres::Pool;
using postgres::Rows;

namespace {

// Each step takes the schema one version further. Never edited once released; only added to.
// Texts are bytea: they may hold any bytes, and sort by them.
constexpr std::array kMigrations = {
    "CREATE TABLE gatehouse_catalog (server bytea PRIMARY KEY, fingerprint bytea NOT NULL, body bytea NOT NULL)",
    postgres::kTaskTable,
    postgres::kSessionTable,
    postgres::kKeyTable,
    postgres::kApprovalTable,
    postgres::kPinTable,
    postgres::kSignInTable,
};

// The name of the lock under which the schema is changed.
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(7235419650)";

class PostgresStore final : public Store, public CatalogStore {
 public:
  explicit PostgresStore(const std::string& url) : pool_(url) {}

  Result<> migrate() {
    return pool_.with<void>(Pool::Repeat::harmless, [this](Connection& db, Instant deadline) -> Result<> {
      if (auto begun = db.run_all("BEGIN", deadline); !begun) return begun;
      auto done = migrate_in(db, deadline);
      auto ended = db.run_all(done ? "COMMIT" : "ROLLBACK", deadline);
      return done ? ended : done;
    });
  }

  CatalogStore& catalogs() override { return *this; }
  mcp::TaskStore& tasks() override { return tasks_; }
  SessionStore& sessions() override { return sessions_; }
  KeyStore& keys() override { return keys_; }
  ApprovalStore& approvals() override { return approvals_; }
  PinStore& pins() override { return pins_; }
  SignInStore& sign_ins() override { return sign_ins_; }

  std::string describe() const override { return pool_.place() + " (schema " + std::to_string(kMigrations.size()) + ")"; }

  Result<> check() override {
    return pool_.with<void>(Pool::Repeat::harmless,
                            [](Connection& db, Instant deadline) { return db.run_all("SELECT 1 FROM gatehouse_schema", deadline); });
  }

  Result<std::vector<StoredCatalog>> load() override {
    using All = std::vector<StoredCatalog>;
    return pool_.with<All>(Pool::Repeat::harmless, [](Connection& db, Instant deadline) -> Result<All> {
      auto rows = db.run("SELECT server, fingerprint, body FROM gatehouse_catalog ORDER BY server", {}, deadline);
      if (!rows) return std::move(rows).error();
      All all;
      for (int i = 0; i < rows->size(); ++i) all.push_back({rows->text(i, 0), rows->text(i, 1), rows->text(i, 2)});
      return all;
    });
  }

  Result<> save(const StoredCatalog& catalog) override {
    return pool_.with<void>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<> {
      auto rows = db.run(
          "INSERT INTO gatehouse_catalog (server, fingerprint, body) VALUES ($1, $2, $3)"
          " ON CONFLICT (server) DO UPDATE SET fingerprint = excluded.fingerprint, body = excluded.body",
          {catalog.server, catalog.fingerprint, catalog.body}, deadline);
      if (!rows) return std::move(rows).error();
      return {};
    });
  }

  Result<> remove(std::string_view server) override {
    return pool_.with<void>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<> {
      auto rows = db.run("DELETE FROM gatehouse_catalog WHERE server = $1", {server}, deadline);
      if (!rows) return std::move(rows).error();
      return {};
    });
  }

 private:
  Result<> migrate_in(Connection& db, Instant deadline) {
    if (auto locked = db.run_all(kLock, deadline); !locked) return locked;
    if (auto made = db.run_all("CREATE TABLE IF NOT EXISTS gatehouse_schema (version bigint NOT NULL)", deadline); !made) return made;
    auto rows = db.run("SELECT coalesce(max(version), 0)::int8 FROM gatehouse_schema", {}, deadline);
    if (!rows) return std::move(rows).error();
    const std::int64_t version = rows->number(0, 0);
    const auto known = static_cast<std::int64_t>(kMigrations.size());
    if (version > known)
      return Error(Code::conflict, "the store " + pool_.place() + " has schema version " + std::to_string(version) +
                                       ", this gatehouse knows " + std::to_string(known) +
                                       "; use the newer gatehouse, or another database");
    if (version == known) return {};
    for (std::int64_t step = version; step < known; ++step)
      if (auto done = db.run_all(kMigrations[static_cast<std::size_t>(step)], deadline); !done)
        return std::move(done).error().in("migrating " + pool_.place());
    if (auto cleared = db.run_all("DELETE FROM gatehouse_schema", deadline); !cleared) return cleared;
    auto set = db.run("INSERT INTO gatehouse_schema (version) VALUES ($1)", {known}, deadline);
    if (!set) return std::move(set).error();
    return {};
  }

  Pool pool_;
  postgres::Tasks tasks_{pool_};
  postgres::Sessions sessions_{pool_};
  postgres::Keys keys_{pool_};
  postgres::Approvals approvals_{pool_};
  postgres::Pins pins_{pool_};
  postgres::SignIns sign_ins_{pool_};
};

}  // namespace

Result<std::unique_ptr<Store>> open_postgres(const std::string& url) {
  auto store = std::make_unique<PostgresStore>(url);
  if (auto migrated = store->migrate(); !migrated) return std::move(migrated).error();
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace store
