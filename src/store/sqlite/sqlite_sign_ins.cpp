#include "store/sqlite/sqlite_sign_ins.h"

#include <string>

namespace store {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

constexpr std::string_view kOne = " WHERE server = ? AND caller = ? AND kind = ?";

std::int64_t millis(SignInStore::Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

SignInStore::Time time_of(std::int64_t number) { return SignInStore::Time(std::chrono::milliseconds(number)); }

Statement& bind(Statement& statement, const SignInRow& row) { return statement.bind(row.server).bind(row.caller).bind(row.kind); }

}  // namespace

Result<std::int64_t> SqliteSignIns::number(Statement& statement) {
  auto row = statement.step();
  if (!row) return std::move(row).error();
  return *row ? statement.number(0) : 0;
}

Result<std::optional<StoredSignIn>> SqliteSignIns::find(const SignInRow& row) {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare("SELECT key_id, body, changed FROM sign_in" + std::string(kOne));
  if (!statement) return std::move(statement).error();
  auto there = bind(*statement, row).step();
  if (!there) return std::move(there).error();
  if (!*there) return std::optional<StoredSignIn>();
  return std::optional(StoredSignIn{row, statement->text(0), statement->text(1), time_of(statement->number(2))});
}

Result<> SqliteSignIns::put(const StoredSignIn& one) {
  std::lock_guard lock(mutex_);
  auto known = db_.prepare("SELECT 1 FROM sign_in" + std::string(kOne));
  if (!known) return std::move(known).error();
  auto there = number(bind(*known, one.row));
  if (!there) return std::move(there).error();
  if (*there == 0) {
    auto all = db_.prepare("SELECT count(*) FROM sign_in");
    if (!all) return std::move(all).error();
    auto count = number(*all);
    if (!count) return std::move(count).error();
    if (*count >= static_cast<std::int64_t>(kMost)) return Error(Code::too_large, "the store is full of credentials for upstreams");
  }
  auto statement = db_.prepare(
      "INSERT INTO sign_in (server, caller, kind, key_id, body, changed) VALUES (?, ?, ?, ?, ?, ?)"
      " ON CONFLICT (server, caller, kind) DO UPDATE SET key_id = excluded.key_id, body = excluded.body, changed = excluded.changed");
  if (!statement) return std::move(statement).error();
  return bind(*statement, one.row).bind(one.key_id).bind(one.body).bind(millis(one.changed)).run();
}

Result<> SqliteSignIns::erase(const SignInRow& row) {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare("DELETE FROM sign_in" + std::string(kOne));
  if (!statement) return std::move(statement).error();
  return bind(*statement, row).run();
}

Result<std::size_t> SqliteSignIns::forget(std::string_view server, std::string_view caller) {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare("DELETE FROM sign_in WHERE server = ? AND caller = ? RETURNING 1");
  if (!statement) return std::move(statement).error();
  statement->bind(server).bind(caller);
  std::size_t count = 0;
  for (;;) {
    auto row = statement->step();
    if (!row) return std::move(row).error();
    if (!*row) return count;
    ++count;
  }
}

Result<std::vector<StoredSignIn>> SqliteSignIns::list() {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare("SELECT server, caller, kind, key_id, changed FROM sign_in ORDER BY server, caller, kind LIMIT ?");
  if (!statement) return std::move(statement).error();
  statement->bind(static_cast<std::int64_t>(kMostListed));
  std::vector<StoredSignIn> all;
  for (;;) {
    auto row = statement->step();
    if (!row) return std::move(row).error();
    if (!*row) return all;
    all.push_back({{statement->text(0), statement->text(1), statement->text(2)}, statement->text(3), {}, time_of(statement->number(4))});
  }
}

Result<bool> SqliteSignIns::claim(const SignInRow& row, std::string_view holder, Time now, Time until) {
  std::lock_guard lock(mutex_);
  auto old = db_.prepare("DELETE FROM sign_in_claim WHERE until <= ?");
  if (!old) return std::move(old).error();
  if (auto done = old->bind(millis(now)).run(); !done) return std::move(done).error();
  auto statement = db_.prepare(
      "INSERT INTO sign_in_claim (server, caller, kind, holder, until) VALUES (?, ?, ?, ?, ?)"
      " ON CONFLICT (server, caller, kind) DO UPDATE SET until = excluded.until WHERE sign_in_claim.holder = excluded.holder"
      " RETURNING 1");
  if (!statement) return std::move(statement).error();
  auto there = bind(*statement, row).bind(holder).bind(millis(until)).step();
  if (!there) return std::move(there).error();
  if (*there)
    if (auto done = statement->run(); !done) return std::move(done).error();
  return *there;
}

Result<> SqliteSignIns::release(const SignInRow& row, std::string_view holder) {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare("DELETE FROM sign_in_claim" + std::string(kOne) + " AND holder = ?");
  if (!statement) return std::move(statement).error();
  return bind(*statement, row).bind(holder).run();
}

}  // namespace store
