#include "store/sqlite/sqlite_approvals.h"

#include <string>

namespace store {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

constexpr std::string_view kSelect = "SELECT id, caller, digest, state, body, created, until, changed, revision FROM approval ";

std::int64_t millis(ApprovalStore::Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

StoredApproval read(const Statement& row) {
  StoredApproval out;
  int column = 0;
  for (std::string* member : {&out.id, &out.caller, &out.digest, &out.state, &out.body}) *member = row.text(column++);
  for (ApprovalStore::Time* member : {&out.created, &out.until, &out.changed})
    *member = ApprovalStore::Time(std::chrono::milliseconds(row.number(column++)));
  out.revision = row.number(column);
  return out;
}

Result<std::vector<StoredApproval>> read_all(Statement& statement) {
  std::vector<StoredApproval> all;
  for (;;) {
    auto row = statement.step();
    if (!row) return std::move(row).error();
    if (!*row) return all;
    all.push_back(read(statement));
  }
}

Result<std::int64_t> count(Statement& statement) {
  auto row = statement.step();
  if (!row) return std::move(row).error();
  return statement.number(0);
}

}  // namespace

Result<> SqliteApprovals::make_room(const StoredApproval& approval, const Limits& limits) {
  auto old = db_.prepare("DELETE FROM approval WHERE until < ?");
  if (!old) return std::move(old).error();
  if (auto done = old->bind(millis(approval.created - kKept)).run(); !done) return done;
  auto all = db_.prepare("SELECT count(*) FROM approval WHERE until > ?");
  if (!all) return std::move(all).error();
  auto open = count(all->bind(millis(approval.created)));
  if (!open) return std::move(open).error();
  if (*open >= static_cast<std::int64_t>(limits.of_all)) return Error(Code::rate_limited, "too many calls wait for an approval");
  auto own = db_.prepare("SELECT count(*) FROM approval WHERE until > ? AND caller = ?");
  if (!own) return std::move(own).error();
  auto mine = count(own->bind(millis(approval.created)).bind(approval.caller));
  if (!mine) return std::move(mine).error();
  if (*mine >= static_cast<std::int64_t>(limits.of_caller))
    return Error(Code::rate_limited, "too many calls of this caller wait for an approval");
  return {};
}

Result<> SqliteApprovals::insert(const StoredApproval& approval, const Limits& limits) {
  std::lock_guard lock(mutex_);
  if (auto room = make_room(approval, limits); !room) return room;
  auto statement = db_.prepare(
      "INSERT INTO approval (id, caller, digest, state, body, created, until, changed, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)"
      " ON CONFLICT DO NOTHING RETURNING id");
  if (!statement) return std::move(statement).error();
  statement->bind(approval.id).bind(approval.caller).bind(approval.digest).bind(approval.state).bind(approval.body);
  auto row = statement->bind(millis(approval.created)).bind(millis(approval.until)).bind(millis(approval.changed)).step();
  if (!row) return std::move(row).error();
  if (!*row) return Error(Code::conflict, "there is an approval with this id");
  return statement->run();
}

Result<std::optional<StoredApproval>> SqliteApprovals::find(std::string_view id) {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare(std::string(kSelect) + "WHERE id = ?");
  if (!statement) return std::move(statement).error();
  auto row = statement->bind(id).step();
  if (!row) return std::move(row).error();
  return *row ? std::optional(read(*statement)) : std::nullopt;
}

Result<std::vector<StoredApproval>> SqliteApprovals::find_for(std::string_view caller, std::string_view digest, Time now) {
  std::lock_guard lock(mutex_);
  auto statement =
      db_.prepare(std::string(kSelect) + "WHERE caller = ? AND digest = ? AND until > ? ORDER BY created DESC, id DESC LIMIT 100");
  if (!statement) return std::move(statement).error();
  return read_all(statement->bind(caller).bind(digest).bind(millis(now)));
}

Result<std::vector<StoredApproval>> SqliteApprovals::list(Time now) {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare(std::string(kSelect) + "WHERE until > ? ORDER BY created, id LIMIT ?");
  if (!statement) return std::move(statement).error();
  return read_all(statement->bind(millis(now)).bind(static_cast<std::int64_t>(Limits().of_all)));
}

Result<std::vector<std::string>> SqliteApprovals::changed(Time since) {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare("SELECT id FROM approval WHERE changed >= ? ORDER BY changed DESC LIMIT 1000");
  if (!statement) return std::move(statement).error();
  statement->bind(millis(since));
  std::vector<std::string> all;
  for (;;) {
    auto row = statement->step();
    if (!row) return std::move(row).error();
    if (!*row) return all;
    all.push_back(statement->text(0));
  }
}

Result<bool> SqliteApprovals::replace(const StoredApproval& approval) {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare(
      "UPDATE approval SET state = ?, body = ?, until = ?, changed = ?, revision = revision + 1 WHERE id = ? AND revision = ? RETURNING "
      "id");
  if (!statement) return std::move(statement).error();
  statement->bind(approval.state).bind(approval.body).bind(millis(approval.until)).bind(millis(approval.changed));
  auto row = statement->bind(approval.id).bind(approval.revision).step();
  if (!row) return std::move(row).error();
  if (*row)
    if (auto done = statement->run(); !done) return std::move(done).error();
  return *row;
}

}  // namespace store
