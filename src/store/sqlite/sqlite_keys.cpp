#include "store/sqlite/sqlite_keys.h"

#include <string>

namespace store {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

constexpr std::string_view kSelect =
    "SELECT id, name, owner, groups, profiles, digest, old_digest, created, expires, old_until, revoked, used, alerted, revision"
    " FROM api_key ";

std::int64_t millis(KeyStore::Time time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count(); }

StoredKey read(const Statement& row) {
  StoredKey out;
  int column = 0;
  for (std::string* member : {&out.id, &out.name, &out.owner, &out.groups, &out.profiles, &out.digest, &out.old_digest})
    *member = row.text(column++);
  for (KeyStore::Time* member : {&out.created, &out.expires, &out.old_until, &out.revoked, &out.used})
    *member = KeyStore::Time(std::chrono::milliseconds(row.number(column++)));
  out.alerted = row.number(column++);
  out.revision = row.number(column);
  return out;
}

}  // namespace

Result<> SqliteKeys::insert(const StoredKey& key) {
  std::lock_guard lock(mutex_);
  auto count = db_.prepare("SELECT count(*) FROM api_key");
  if (!count) return std::move(count).error();
  auto counted = count->step();
  if (!counted) return std::move(counted).error();
  if (count->number(0) >= static_cast<std::int64_t>(kMost))
    return Error(Code::too_large, "there are " + std::to_string(kMost) + " keys, and no more are kept");
  auto statement = db_.prepare(
      "INSERT INTO api_key (id, name, owner, groups, profiles, digest, old_digest, created, expires, old_until, revoked, used, alerted,"
      " revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO NOTHING RETURNING id");
  if (!statement) return std::move(statement).error();
  statement->bind(key.id).bind(key.name).bind(key.owner).bind(key.groups).bind(key.profiles).bind(key.digest).bind(key.old_digest);
  statement->bind(millis(key.created)).bind(millis(key.expires)).bind(millis(key.old_until)).bind(millis(key.revoked));
  statement->bind(millis(key.used)).bind(key.alerted);
  auto row = statement->step();
  if (!row) return std::move(row).error();
  if (!*row) return Error(Code::conflict, "there is or was a key of this name");
  return statement->run();
}

Result<std::optional<StoredKey>> SqliteKeys::find(std::string_view name) {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare(std::string(kSelect) + "WHERE name = ?");
  if (!statement) return std::move(statement).error();
  auto row = statement->bind(name).step();
  if (!row) return std::move(row).error();
  return *row ? std::optional(read(*statement)) : std::nullopt;
}

Result<std::vector<StoredKey>> SqliteKeys::list() {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare(std::string(kSelect) + "ORDER BY name");
  if (!statement) return std::move(statement).error();
  std::vector<StoredKey> all;
  for (;;) {
    auto row = statement->step();
    if (!row) return std::move(row).error();
    if (!*row) return all;
    all.push_back(read(*statement));
  }
}

Result<bool> SqliteKeys::replace(const StoredKey& key) {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare(
      "UPDATE api_key SET owner = ?, groups = ?, profiles = ?, digest = ?, old_digest = ?, expires = ?, old_until = ?, revoked = ?,"
      " alerted = ?, revision = revision + 1 WHERE id = ? AND revision = ? RETURNING id");
  if (!statement) return std::move(statement).error();
  statement->bind(key.owner).bind(key.groups).bind(key.profiles).bind(key.digest).bind(key.old_digest);
  statement->bind(millis(key.expires)).bind(millis(key.old_until)).bind(millis(key.revoked)).bind(key.alerted);
  auto row = statement->bind(key.id).bind(key.revision).step();
  if (!row) return std::move(row).error();
  if (*row)
    if (auto done = statement->run(); !done) return std::move(done).error();
  return *row;
}

Result<> SqliteKeys::touch(const std::vector<std::pair<std::string, Time>>& uses) {
  std::lock_guard lock(mutex_);
  if (auto begun = db_.run("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = touch_in(uses);
  auto ended = db_.run(done ? "COMMIT" : "ROLLBACK");
  return done ? ended : done;
}

Result<> SqliteKeys::touch_in(const std::vector<std::pair<std::string, Time>>& uses) {
  for (const auto& [id, when] : uses) {
    auto statement = db_.prepare("UPDATE api_key SET used = ? WHERE id = ? AND used < ?");
    if (!statement) return std::move(statement).error();
    if (auto done = statement->bind(millis(when)).bind(id).bind(millis(when)).run(); !done) return done;
  }
  return {};
}

Result<std::int64_t> SqliteKeys::version() {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare("SELECT coalesce(sum(revision), 0) FROM api_key");
  if (!statement) return std::move(statement).error();
  auto row = statement->step();
  if (!row) return std::move(row).error();
  return statement->number(0);
}

}  // namespace store
