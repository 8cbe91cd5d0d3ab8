#include "store/postgres/postgres_tasks.h"

namespace store::postgres {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using mcp::StoredTask;
using std::chrono::milliseconds;
using All = std::vector<StoredTask>;

namespace {

std::int64_t millis(mcp::TaskStore::Time time) { return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count(); }
mcp::TaskStore::Time time_of(std::int64_t count) { return mcp::TaskStore::Time(milliseconds(count)); }

Result<All> read(const Rows& rows) {
  All all;
  for (int i = 0; i < rows.size(); ++i) {
    StoredTask task;
    task.id = rows.text(i, 0);
    task.owner = rows.text(i, 1);
    task.tool = rows.text(i, 2);
    task.arguments = rows.text(i, 3);
    task.client = rows.text(i, 4);
    auto status = mcp::find_task_status(rows.text(i, 5));
    if (!status) return Error(Code::internal, "the store: a task has an unknown status", "the store failed");
    task.status = *status;
    task.message = rows.text(i, 6);
    task.created = time_of(rows.number(i, 7));
    task.updated = time_of(rows.number(i, 8));
    task.ttl = milliseconds(rows.number(i, 9));
    task.poll = milliseconds(rows.number(i, 10));
    task.requests = rows.text(i, 11);
    task.answers = rows.text(i, 12);
    task.state = rows.text(i, 13);
    task.outcome = rows.text(i, 14);
    all.push_back(std::move(task));
  }
  return all;
}

// Inside of a transaction. One instance at a time, so that the limits hold.
Result<> insert_into(Connection& db, const StoredTask& task, const mcp::TaskLimits& limits, mcp::TaskStore::Time now, Instant deadline) {
  if (auto locked = db.run_all("SELECT pg_advisory_xact_lock(7235419651)", deadline); !locked) return locked;
  auto swept = db.run("DELETE FROM gatehouse_task WHERE expires <= $1", {millis(now)}, deadline);
  if (!swept) return std::move(swept).error();
  auto counted = db.run("SELECT count(*) FILTER (WHERE id = $1), count(*) FILTER (WHERE owner = $2), count(*) FROM gatehouse_task",
                        {task.id, task.owner}, deadline);
  if (!counted) return std::move(counted).error();
  if (counted->number(0, 0) > 0) return Error(Code::conflict, "there is a task with this id");
  if (static_cast<std::size_t>(counted->number(0, 2)) >= limits.all)
    return Error(Code::rate_limited, "the server keeps too many tasks; try again later");
  if (static_cast<std::size_t>(counted->number(0, 1)) >= limits.of_one_owner)
    return Error(Code::rate_limited, "this caller has too many tasks; try again later");
  auto done = db.run(
      "INSERT INTO gatehouse_task (id, owner, tool, arguments, client, status, message, created, updated, ttl, poll, requests, answers,"
      " state, outcome, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
      {task.id, task.owner, task.tool, task.arguments, task.client, mcp::task_status_name(task.status), task.message, millis(task.created),
       millis(task.updated), task.ttl.count(), task.poll.count(), task.requests, task.answers, task.state, task.outcome,
       millis(task.created) + task.ttl.count()},
      deadline);
  if (!done) return std::move(done).error();
  return {};
}

}  // namespace

Result<> Tasks::run(const char* sql, const std::vector<Value>& values) {
  return pool_.with<void>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<> {
    auto rows = db.run(sql, values, deadline);
    if (!rows) return std::move(rows).error();
    return {};
  });
}

Result<All> Tasks::select(const char* where, const std::vector<Value>& values) {
  const std::string sql =
      "SELECT id, owner, tool, arguments, client, status, message, created, updated, ttl, poll, requests, answers, state, outcome"
      " FROM gatehouse_task WHERE " +
      std::string(where);
  return pool_.with<All>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<All> {
    auto rows = db.run(sql.c_str(), values, deadline);
    if (!rows) return std::move(rows).error();
    return read(*rows);
  });
}

Result<> Tasks::insert(const StoredTask& task, const mcp::TaskLimits& limits, Time now) {
  return pool_.with<void>(Pool::Repeat::never, [&](Connection& db, Instant deadline) -> Result<> {
    if (auto begun = db.run_all("BEGIN", deadline); !begun) return begun;
    auto done = insert_into(db, task, limits, now, deadline);
    auto ended = db.run_all(done ? "COMMIT" : "ROLLBACK", deadline);
    return done ? ended : done;
  });
}

Result<> Tasks::update(const StoredTask& task) {
  return pool_.with<void>(Pool::Repeat::never, [&](Connection& db, Instant deadline) -> Result<> {
    auto rows = db.run(
        "UPDATE gatehouse_task SET status = $1, message = $2, updated = $3, requests = $4, answers = $5, state = $6, outcome = $7"
        " WHERE id = $8 AND status IN ('working', 'input_required')",
        {mcp::task_status_name(task.status), task.message, millis(task.updated), task.requests, task.answers, task.state, task.outcome,
         task.id},
        deadline);
    if (!rows) return std::move(rows).error();
    if (rows->changed() == 1) return {};
    auto known = db.run("SELECT 1::int8 FROM gatehouse_task WHERE id = $1", {task.id}, deadline);
    if (!known) return std::move(known).error();
    if (known->size() == 0) return Error(Code::not_found, "there is no such task");
    return Error(Code::conflict, "the task has ended");
  });
}

Result<std::optional<StoredTask>> Tasks::find(std::string_view id) {
  auto found = select("id = $1", {id});
  if (!found) return std::move(found).error();
  return found->empty() ? std::optional<StoredTask>() : std::optional(std::move(found->front()));
}

Result<All> Tasks::list(std::string_view owner, const Place& after, std::size_t most) {
  return select("owner = $1 AND (created, id) > ($2, $3) ORDER BY created, id LIMIT $4",
                {owner, millis(after.created), after.id, static_cast<std::int64_t>(most)});
}

Result<All> Tasks::open_tasks() { return select("status IN ('working', 'input_required')", {}); }

Result<> Tasks::expire(Time now) { return run("DELETE FROM gatehouse_task WHERE expires <= $1", {millis(now)}); }

Result<> Tasks::remove(std::string_view id) { return run("DELETE FROM gatehouse_task WHERE id = $1", {id}); }

}  // namespace store::postgres
