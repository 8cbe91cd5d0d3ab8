// The audit trail in a SQLite file of its own.
#include <mutex>

#include "store/audit_store.h"
#include "store/sqlite/database.h"

namespace store {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

constexpr std::int64_t kSchema = 1;
constexpr const char* kTables =
    "CREATE TABLE record (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, caller TEXT NOT NULL, server TEXT NOT NULL,"
    " name TEXT NOT NULL, outcome TEXT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL);"
    "CREATE INDEX record_by_caller ON record (caller);"
    "CREATE INDEX record_by_server ON record (server, name);"
    "CREATE INDEX record_by_outcome ON record (outcome);"
    "CREATE INDEX record_by_kind ON record (kind);"
    "CREATE INDEX record_by_time ON record (at);"
    "CREATE TABLE checkpoint (number INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL, line TEXT NOT NULL);"
    "CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "PRAGMA user_version=1;";
constexpr std::string_view kColumns = "SELECT seq, at, kind, caller, server, name, outcome, body, hash FROM record ";

void read_row(const Statement& row, StoredAudit& out) {
  out.seq = row.number(0);
  out.at = row.number(1);
  int column = 2;
  for (std::string* member : {&out.kind, &out.caller, &out.server, &out.name, &out.outcome, &out.body, &out.hash})
    member->assign(row.view(column++));
}

class SqliteAudit final : public AuditStore {
 public:
  explicit SqliteAudit(Database db) : db_(std::move(db)) {}

  Result<> append(const std::vector<StoredAudit>& records, const Notes& notes) override {
    return within([&]() -> Result<> {
      auto insert =
          db_.prepare("INSERT INTO record (seq, at, kind, caller, server, name, outcome, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
      if (!insert) return std::move(insert).error();
      for (const StoredAudit& one : records) {
        insert->again().bind(one.seq).bind(one.at).bind(one.kind).bind(one.caller).bind(one.server).bind(one.name);
        if (auto done = insert->bind(one.outcome).bind(one.body).bind(one.hash).run(); !done) return done;
      }
      for (const auto& [key, value] : notes)
        if (auto done = write_note(key, value); !done) return done;
      return {};
    });
  }

  Result<std::optional<StoredAudit>> last() override {
    auto found = select("ORDER BY seq DESC LIMIT 1", {});
    if (!found) return std::move(found).error();
    if (found->empty()) return std::optional<StoredAudit>();
    return std::optional(std::move(found->front()));
  }

  Result<std::vector<StoredAudit>> after(std::int64_t seq, std::size_t limit) override {
    std::vector<StoredAudit> out;
    auto done = each(seq, [&](const StoredAudit& one) {
      if (out.size() < limit) out.push_back(one);
      return out.size() < limit;
    });
    if (!done) return std::move(done).error();
    return out;
  }

  Result<> each(std::int64_t after, const std::function<bool(const StoredAudit&)>& take) override {
    const std::lock_guard lock(mutex_);
    auto rows = db_.prepare(std::string(kColumns) + "WHERE seq > ? ORDER BY seq");
    if (!rows) return std::move(rows).error();
    rows->bind(after);
    StoredAudit one;
    for (;;) {
      auto row = rows->step();
      if (!row) return std::move(row).error();
      if (!*row) return {};
      read_row(*rows, one);
      if (!take(one)) return {};
    }
  }

  Result<std::vector<StoredAudit>> search(const Filter& filter, std::int64_t before, std::size_t limit) override {
    std::string where;
    std::vector<std::string_view> values;
    auto also = [&where](std::string_view condition) { where.append(where.empty() ? "WHERE " : " AND ").append(condition); };
    auto is = [&](std::string_view column, const std::string& value) {
      if (value.empty()) return;
      also(column);
      where += " = ?";
      values.push_back(value);
    };
    is("kind", filter.kind);
    is("caller", filter.caller);
    is("server", filter.server);
    is("name", filter.name);
    is("outcome", filter.outcome);
    if (!filter.text.empty()) {
      also("instr(body, ?) > 0");
      values.push_back(filter.text);
    }
    if (filter.from != 0) also("at >= " + std::to_string(filter.from));
    if (filter.to != 0) also("at < " + std::to_string(filter.to));
    if (before != 0) also("seq < " + std::to_string(before));
    return select(where.append(" ORDER BY seq DESC LIMIT ").append(std::to_string(limit)), values);
  }

  Result<std::int64_t> last_before(std::int64_t at) override {
    const std::lock_guard lock(mutex_);
    auto rows = db_.prepare("SELECT coalesce(max(seq), 0) FROM record WHERE at < ?");
    if (!rows) return std::move(rows).error();
    auto row = rows->bind(at).step();
    if (!row) return std::move(row).error();
    return rows->number(0);
  }

  Result<std::vector<StoredCheckpoint>> checkpoints() override {
    const std::lock_guard lock(mutex_);
    auto rows = db_.prepare("SELECT seq, at, line FROM checkpoint ORDER BY number");
    if (!rows) return std::move(rows).error();
    std::vector<StoredCheckpoint> out;
    for (;;) {
      auto row = rows->step();
      if (!row) return std::move(row).error();
      if (!*row) return out;
      out.push_back({rows->number(0), rows->number(1), rows->text(2)});
    }
  }

  Result<> add(const StoredCheckpoint& checkpoint) override {
    return within([&] { return write(checkpoint); });
  }

  Result<> drop(std::int64_t through, const StoredCheckpoint& checkpoint) override {
    return within([&]() -> Result<> {
      auto gone = db_.prepare("DELETE FROM record WHERE seq <= ?");
      if (!gone) return std::move(gone).error();
      if (auto done = gone->bind(through).run(); !done) return done;
      return write(checkpoint);
    });
  }

  Result<std::string> note(std::string_view key) override {
    const std::lock_guard lock(mutex_);
    auto rows = db_.prepare("SELECT value FROM note WHERE name = ?");
    if (!rows) return std::move(rows).error();
    auto row = rows->bind(key).step();
    if (!row) return std::move(row).error();
    return *row ? rows->text(0) : std::string();
  }

  Result<> set_note(std::string_view key, std::string_view value) override {
    return within([&] { return write_note(key, value); });
  }

 private:
  template <class Work>
  Result<> within(const Work& work) {
    const std::lock_guard lock(mutex_);
    if (auto begun = db_.run("BEGIN IMMEDIATE"); !begun) return begun;
    Result<> done = work();
    if (done) done = db_.run("COMMIT");
    if (!done) (void)db_.run("ROLLBACK");
    return done;
  }

  Result<> write(const StoredCheckpoint& one) {
    auto insert = db_.prepare("INSERT INTO checkpoint (seq, at, line) VALUES (?, ?, ?)");
    if (!insert) return std::move(insert).error();
    return insert->bind(one.seq).bind(one.at).bind(one.line).run();
  }

  Result<> write_note(std::string_view key, std::string_view value) {
    auto insert = db_.prepare("INSERT INTO note (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value");
    if (!insert) return std::move(insert).error();
    return insert->bind(key).bind(value).run();
  }

  Result<std::vector<StoredAudit>> select(const std::string& rest, const std::vector<std::string_view>& values) {
    const std::lock_guard lock(mutex_);
    auto rows = db_.prepare(std::string(kColumns) + rest);
    if (!rows) return std::move(rows).error();
    for (std::string_view value : values) rows->bind(value);
    std::vector<StoredAudit> out;
    for (;;) {
      auto row = rows->step();
      if (!row) return std::move(row).error();
      if (!*row) return out;
      read_row(*rows, out.emplace_back());
    }
  }

  std::mutex mutex_;
  Database db_;
};

}  // namespace

Result<std::unique_ptr<AuditStore>> open_audit_store(const std::string& path) {
  auto db = Database::open(path);
  if (!db) return std::move(db).error();
  std::int64_t version = 0;
  {
    auto rows = db->prepare("PRAGMA user_version");
    if (!rows) return std::move(rows).error();
    auto row = rows->step();
    if (!row) return std::move(row).error().in("the audit trail " + path);
    version = rows->number(0);
  }
  if (version > kSchema)
    return Error(Code::conflict, "the audit trail " + path + " was written by a newer gatehouse; use that one, or another store");
  if (version == 0)
    if (auto made = db->run("BEGIN IMMEDIATE;" + std::string(kTables) + "COMMIT;"); !made) return std::move(made).error().in(path);
  // What a cut of power takes from its end is told by its checkpoints at the sinks.
  if (auto set = db->run("PRAGMA synchronous=NORMAL"); !set) return std::move(set).error();
  return std::unique_ptr<AuditStore>(std::make_unique<SqliteAudit>(*std::move(db)));
}

}  // namespace store
