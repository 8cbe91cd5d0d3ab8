#include "store/postgres/postgres_approvals.h"

namespace store::postgres {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

std::int64_t millis(ApprovalStore::Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

StoredApproval read(const Rows& rows, int row) {
  StoredApproval out;
  int column = 0;
  for (std::string* member : {&out.id, &out.caller, &out.digest, &out.state, &out.body}) *member = rows.text(row, column++);
  for (ApprovalStore::Time* member : {&out.created, &out.until, &out.changed})
    *member = ApprovalStore::Time(std::chrono::milliseconds(rows.number(row, column++)));
  out.revision = rows.number(row, column);
  return out;
}

// Whether so many are kept already. Errors: those of the database.
Result<bool> over(Connection& db, const char* sql, std::vector<Value> values, std::size_t most, Instant deadline) {
  auto rows = db.run(sql, std::move(values), deadline);
  if (!rows) return std::move(rows).error();
  return rows->number(0, 0) >= static_cast<std::int64_t>(most);
}

}  // namespace

Result<std::vector<StoredApproval>> Approvals::rows_of(const char* sql, const std::vector<Value>& values) {
  using All = std::vector<StoredApproval>;
  return pool_.with<All>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<All> {
    auto rows = db.run(sql, values, deadline);
    if (!rows) return std::move(rows).error();
    All all;
    for (int row = 0; row < rows->size(); ++row) all.push_back(read(*rows, row));
    return all;
  });
}

Result<> Approvals::insert(const StoredApproval& approval, const Limits& limits) {
  return pool_.with<void>(Pool::Repeat::never, [&](Connection& db, Instant deadline) -> Result<> {
    const std::int64_t now = millis(approval.created);
    auto old = db.run("DELETE FROM gatehouse_approval WHERE until < $1", {millis(approval.created - kKept)}, deadline);
    if (!old) return std::move(old).error();
    auto full = over(db, "SELECT count(*) FROM gatehouse_approval WHERE until > $1", {now}, limits.of_all, deadline);
    if (!full) return std::move(full).error();
    if (*full) return Error(Code::rate_limited, "too many calls wait for an approval");
    auto own = over(db, "SELECT count(*) FROM gatehouse_approval WHERE until > $1 AND caller = $2", {now, approval.caller},
                    limits.of_caller, deadline);
    if (!own) return std::move(own).error();
    if (*own) return Error(Code::rate_limited, "too many calls of this caller wait for an approval");
    auto rows = db.run(
        "INSERT INTO gatehouse_approval (id, caller, digest, state, body, created, until, changed, revision)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1) ON CONFLICT DO NOTHING",
        {approval.id, approval.caller, approval.digest, approval.state, approval.body, now, millis(approval.until),
         millis(approval.changed)},
        deadline);
    if (!rows) return std::move(rows).error();
    if (rows->changed() == 0) return Error(Code::conflict, "there is an approval with this id");
    return {};
  });
}

Result<std::optional<StoredApproval>> Approvals::find(std::string_view id) {
  auto rows =
      rows_of("SELECT id, caller, digest, state, body, created, until, changed, revision FROM gatehouse_approval WHERE id = $1", {id});
  if (!rows) return std::move(rows).error();
  return rows->empty() ? std::optional<StoredApproval>() : std::optional(std::move(rows->front()));
}

Result<std::vector<StoredApproval>> Approvals::find_for(std::string_view caller, std::string_view digest, Time now) {
  return rows_of(
      "SELECT id, caller, digest, state, body, created, until, changed, revision FROM gatehouse_approval"
      " WHERE caller = $1 AND digest = $2 AND until > $3 ORDER BY created DESC, id DESC LIMIT 100",
      {caller, digest, millis(now)});
}

Result<std::vector<StoredApproval>> Approvals::list(Time now) {
  return rows_of(
      "SELECT id, caller, digest, state, body, created, until, changed, revision FROM gatehouse_approval"
      " WHERE until > $1 ORDER BY created, id LIMIT $2",
      {millis(now), static_cast<std::int64_t>(Limits().of_all)});
}

Result<std::vector<std::string>> Approvals::changed(Time since) {
  using All = std::vector<std::string>;
  return pool_.with<All>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<All> {
    auto rows = db.run("SELECT id FROM gatehouse_approval WHERE changed >= $1 ORDER BY changed DESC LIMIT 1000", {millis(since)}, deadline);
    if (!rows) return std::move(rows).error();
    All all;
    for (int row = 0; row < rows->size(); ++row) all.push_back(rows->text(row, 0));
    return all;
  });
}

// Repeated after it was carried out it would find another revision, and be told no; who asks then looks, and sees its own.
Result<bool> Approvals::replace(const StoredApproval& approval) {
  return pool_.with<bool>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<bool> {
    auto rows = db.run(
        "UPDATE gatehouse_approval SET state = $1, body = $2, until = $3, changed = $4, revision = revision + 1"
        " WHERE id = $5 AND revision = $6",
        {approval.state, approval.body, millis(approval.until), millis(approval.changed), approval.id, approval.revision}, deadline);
    if (!rows) return std::move(rows).error();
    return rows->changed() == 1;
  });
}

}  // namespace store::postgres
