#include "store/postgres/postgres_sign_ins.h"

namespace store::postgres {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

std::int64_t millis(SignInStore::Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

SignInStore::Time time_of(std::int64_t number) { return SignInStore::Time(std::chrono::milliseconds(number)); }

}  // namespace

Result<std::optional<StoredSignIn>> SignIns::find(const SignInRow& row) {
  using Found = std::optional<StoredSignIn>;
  return pool_.with<Found>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<Found> {
    auto rows = db.run("SELECT key_id, body, changed FROM gatehouse_sign_in WHERE server = $1 AND caller = $2 AND kind = $3",
                       {row.server, row.caller, row.kind}, deadline);
    if (!rows) return std::move(rows).error();
    if (rows->size() == 0) return Found();
    return Found(StoredSignIn{row, rows->text(0, 0), rows->text(0, 1), time_of(rows->number(0, 2))});
  });
}

Result<> SignIns::put(const StoredSignIn& one) {
  return pool_.with<void>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<> {
    auto rows = db.run(
        "INSERT INTO gatehouse_sign_in (server, caller, kind, key_id, body, changed) SELECT $1, $2, $3, $4, $5, $6"
        " WHERE (SELECT count(*) FROM gatehouse_sign_in) < $7"
        " OR EXISTS (SELECT 1 FROM gatehouse_sign_in WHERE server = $1 AND caller = $2 AND kind = $3)"
        " ON CONFLICT (server, caller, kind) DO UPDATE SET key_id = excluded.key_id, body = excluded.body, changed = excluded.changed",
        {one.row.server, one.row.caller, one.row.kind, one.key_id, one.body, millis(one.changed), static_cast<std::int64_t>(kMost)},
        deadline);
    if (!rows) return std::move(rows).error();
    if (rows->changed() == 0) return Error(Code::too_large, "the store is full of credentials for upstreams");
    return {};
  });
}

Result<> SignIns::erase(const SignInRow& row) {
  return pool_.with<void>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<> {
    auto rows = db.run("DELETE FROM gatehouse_sign_in WHERE server = $1 AND caller = $2 AND kind = $3", {row.server, row.caller, row.kind},
                       deadline);
    if (!rows) return std::move(rows).error();
    return {};
  });
}

Result<std::size_t> SignIns::forget(std::string_view server, std::string_view caller) {
  return pool_.with<std::size_t>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<std::size_t> {
    auto rows = db.run("DELETE FROM gatehouse_sign_in WHERE server = $1 AND caller = $2", {server, caller}, deadline);
    if (!rows) return std::move(rows).error();
    return static_cast<std::size_t>(rows->changed());
  });
}

Result<std::vector<StoredSignIn>> SignIns::list() {
  using All = std::vector<StoredSignIn>;
  return pool_.with<All>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<All> {
    auto rows = db.run("SELECT server, caller, kind, key_id, changed FROM gatehouse_sign_in ORDER BY server, caller, kind LIMIT $1",
                       {static_cast<std::int64_t>(kMostListed)}, deadline);
    if (!rows) return std::move(rows).error();
    All all;
    for (int i = 0; i < rows->size(); ++i)
      all.push_back({{rows->text(i, 0), rows->text(i, 1), rows->text(i, 2)}, rows->text(i, 3), {}, time_of(rows->number(i, 4))});
    return all;
  });
}

Result<bool> SignIns::claim(const SignInRow& row, std::string_view holder, Time now, Time until) {
  return pool_.with<bool>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<bool> {
    auto rows = db.run(
        "INSERT INTO gatehouse_sign_in_claim AS c (server, caller, kind, holder, until) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (server, caller, kind) DO UPDATE SET holder = excluded.holder, until = excluded.until"
        " WHERE c.holder = excluded.holder OR c.until <= $6",
        {row.server, row.caller, row.kind, holder, millis(until), millis(now)}, deadline);
    if (!rows) return std::move(rows).error();
    return rows->changed() == 1;
  });
}

Result<> SignIns::release(const SignInRow& row, std::string_view holder) {
  return pool_.with<void>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<> {
    auto rows = db.run("DELETE FROM gatehouse_sign_in_claim WHERE server = $1 AND caller = $2 AND kind = $3 AND holder = $4",
                       {row.server, row.caller, row.kind, holder}, deadline);
    if (!rows) return std::move(rows).error();
    return {};
  });
}

}  // namespace store::postgres
