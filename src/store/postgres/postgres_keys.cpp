#include "store/postgres/postgres_keys.h"

namespace store::postgres {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

std::int64_t millis(KeyStore::Time time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count(); }

StoredKey read(const Rows& rows, int row) {
  StoredKey out;
  int column = 0;
  for (std::string* member : {&out.id, &out.name, &out.owner, &out.groups, &out.profiles, &out.digest, &out.old_digest})
    *member = rows.text(row, column++);
  for (KeyStore::Time* member : {&out.created, &out.expires, &out.old_until, &out.revoked, &out.used})
    *member = KeyStore::Time(std::chrono::milliseconds(rows.number(row, column++)));
  out.alerted = rows.number(row, column++);
  out.revision = rows.number(row, column);
  return out;
}

}  // namespace

Result<> Keys::insert(const StoredKey& key) {
  return pool_.with<void>(Pool::Repeat::never, [&](Connection& db, Instant deadline) -> Result<> {
    auto counted = db.run("SELECT count(*) FROM gatehouse_api_key", {}, deadline);
    if (!counted) return std::move(counted).error();
    if (counted->number(0, 0) >= static_cast<std::int64_t>(kMost))
      return Error(Code::too_large, "there are " + std::to_string(kMost) + " keys, and no more are kept");
    auto rows = db.run(
        "INSERT INTO gatehouse_api_key (id, name, owner, groups, profiles, digest, old_digest, created, expires, old_until, revoked, used,"
        " alerted, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1) ON CONFLICT DO NOTHING",
        {key.id, key.name, key.owner, key.groups, key.profiles, key.digest, key.old_digest, millis(key.created), millis(key.expires),
         millis(key.old_until), millis(key.revoked), millis(key.used), key.alerted},
        deadline);
    if (!rows) return std::move(rows).error();
    if (rows->changed() == 0) return Error(Code::conflict, "there is or was a key of this name");
    return {};
  });
}

Result<std::optional<StoredKey>> Keys::find(std::string_view name) {
  using Found = std::optional<StoredKey>;
  return pool_.with<Found>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<Found> {
    auto rows = db.run(
        "SELECT id, name, owner, groups, profiles, digest, old_digest, created, expires, old_until, revoked, used, alerted, revision"
        " FROM gatehouse_api_key WHERE name = $1",
        {name}, deadline);
    if (!rows) return std::move(rows).error();
    return rows->size() == 0 ? Found() : Found(read(*rows, 0));
  });
}

Result<std::vector<StoredKey>> Keys::list() {
  using All = std::vector<StoredKey>;
  return pool_.with<All>(Pool::Repeat::harmless, [](Connection& db, Instant deadline) -> Result<All> {
    auto rows = db.run(
        "SELECT id, name, owner, groups, profiles, digest, old_digest, created, expires, old_until, revoked, used, alerted, revision"
        " FROM gatehouse_api_key ORDER BY name",
        {}, deadline);
    if (!rows) return std::move(rows).error();
    All all;
    for (int row = 0; row < rows->size(); ++row) all.push_back(read(*rows, row));
    return all;
  });
}

// Repeated after it was carried out it would find another revision, and be told no; who asks then looks, and sees its own.
Result<bool> Keys::replace(const StoredKey& key) {
  return pool_.with<bool>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<bool> {
    auto rows = db.run(
        "UPDATE gatehouse_api_key SET owner = $1, groups = $2, profiles = $3, digest = $4, old_digest = $5, expires = $6, old_until = $7,"
        " revoked = $8, alerted = $9, revision = revision + 1 WHERE id = $10 AND revision = $11",
        {key.owner, key.groups, key.profiles, key.digest, key.old_digest, millis(key.expires), millis(key.old_until), millis(key.revoked),
         key.alerted, key.id, key.revision},
        deadline);
    if (!rows) return std::move(rows).error();
    return rows->changed() == 1;
  });
}

Result<> Keys::touch(const std::vector<std::pair<std::string, Time>>& uses) {
  return pool_.with<void>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<> {
    for (const auto& [id, when] : uses) {
      auto rows = db.run("UPDATE gatehouse_api_key SET used = $1 WHERE id = $2 AND used < $1", {millis(when), id}, deadline);
      if (!rows) return std::move(rows).error();
    }
    return {};
  });
}

Result<std::int64_t> Keys::version() {
  return pool_.with<std::int64_t>(Pool::Repeat::harmless, [](Connection& db, Instant deadline) -> Result<std::int64_t> {
    auto rows = db.run("SELECT coalesce(sum(revision), 0)::int8 FROM gatehouse_api_key", {}, deadline);
    if (!rows) return std::move(rows).error();
    return rows->number(0, 0);
  });
}

}  // namespace store::postgres
