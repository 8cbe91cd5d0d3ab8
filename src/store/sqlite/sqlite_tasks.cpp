#include "store/sqlite/sqlite_tasks.h"

namespace store {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using mcp::StoredTask;
using std::chrono::milliseconds;

namespace {

// In the order in which rows() reads them.
constexpr const char* kColumns =
    "id, owner, tool, arguments, client, status, message, created, updated, ttl, poll, requests, answers, state, outcome";

std::int64_t millis(mcp::TaskStore::Time time) { return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count(); }
mcp::TaskStore::Time time_of(std::int64_t count) { return mcp::TaskStore::Time(milliseconds(count)); }

}  // namespace

Result<> SqliteTasks::insert(const StoredTask& task, const mcp::TaskLimits& limits, Time now) {
  std::lock_guard lock(mutex_);
  if (auto begun = db_.run("BEGIN IMMEDIATE"); !begun) return begun;
  auto inserted = insert_into(task, limits, now);
  if (inserted) inserted = db_.run("COMMIT");
  if (!inserted) (void)db_.run("ROLLBACK");
  return inserted;
}

Result<> SqliteTasks::insert_into(const StoredTask& task, const mcp::TaskLimits& limits, Time now) {
  if (auto swept = delete_expired(now); !swept) return swept;
  auto same = count("SELECT count(*) FROM task WHERE id = ?", task.id);
  auto own = count("SELECT count(*) FROM task WHERE owner = ?", task.owner);
  auto all = count("SELECT count(*) FROM task", {});
  for (const auto* counted : {&same, &own, &all})
    if (!*counted) return Error(counted->error());
  if (*same > 0) return Error(Code::conflict, "there is a task with this id");
  if (*all >= limits.all) return Error(Code::rate_limited, "the server keeps too many tasks; try again later");
  if (*own >= limits.of_one_owner) return Error(Code::rate_limited, "this caller has too many tasks; try again later");
  auto statement = db_.prepare(
      "INSERT INTO task (id, owner, tool, arguments, client, status, message, created, updated, ttl, poll, requests, answers, state,"
      " outcome, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!statement) return std::move(statement).error();
  statement->bind(task.id).bind(task.owner).bind(task.tool).bind(task.arguments).bind(task.client);
  statement->bind(mcp::task_status_name(task.status)).bind(task.message).bind(millis(task.created)).bind(millis(task.updated));
  statement->bind(task.ttl.count()).bind(task.poll.count()).bind(task.requests).bind(task.answers).bind(task.state).bind(task.outcome);
  return statement->bind(millis(task.created) + task.ttl.count()).run();
}

Result<> SqliteTasks::update(const StoredTask& task) {
  std::lock_guard lock(mutex_);
  {
    auto statement = db_.prepare(
        "UPDATE task SET status = ?, message = ?, updated = ?, requests = ?, answers = ?, state = ?, outcome = ?"
        " WHERE id = ? AND status IN ('working', 'input_required') RETURNING id");
    if (!statement) return std::move(statement).error();
    statement->bind(mcp::task_status_name(task.status)).bind(task.message).bind(millis(task.updated)).bind(task.requests);
    auto row = statement->bind(task.answers).bind(task.state).bind(task.outcome).bind(task.id).step();
    if (!row) return std::move(row).error();
    if (*row) return statement->run();  // to its end, where it is committed
  }
  auto known = count("SELECT count(*) FROM task WHERE id = ?", task.id);
  if (!known) return std::move(known).error();
  if (*known == 0) return Error(Code::not_found, "there is no such task");
  return Error(Code::conflict, "the task has ended");
}

Result<std::optional<StoredTask>> SqliteTasks::find(std::string_view id) {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare(std::string("SELECT ") + kColumns + " FROM task WHERE id = ?");
  if (!statement) return std::move(statement).error();
  statement->bind(id);
  auto found = rows(*statement);
  if (!found) return std::move(found).error();
  return found->empty() ? std::optional<StoredTask>() : std::optional(std::move(found->front()));
}

Result<std::vector<StoredTask>> SqliteTasks::list(std::string_view owner, const Place& after, std::size_t most) {
  std::lock_guard lock(mutex_);
  auto statement =
      db_.prepare(std::string("SELECT ") + kColumns + " FROM task WHERE owner = ? AND (created, id) > (?, ?) ORDER BY created, id LIMIT ?");
  if (!statement) return std::move(statement).error();
  statement->bind(owner).bind(millis(after.created)).bind(after.id).bind(static_cast<std::int64_t>(most));
  return rows(*statement);
}

Result<std::vector<StoredTask>> SqliteTasks::open_tasks() {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare(std::string("SELECT ") + kColumns + " FROM task WHERE status IN ('working', 'input_required')");
  if (!statement) return std::move(statement).error();
  return rows(*statement);
}

Result<> SqliteTasks::expire(Time now) {
  std::lock_guard lock(mutex_);
  return delete_expired(now);
}

Result<> SqliteTasks::remove(std::string_view id) {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare("DELETE FROM task WHERE id = ?");
  if (!statement) return std::move(statement).error();
  return statement->bind(id).run();
}

Result<> SqliteTasks::delete_expired(Time now) {
  auto statement = db_.prepare("DELETE FROM task WHERE expires <= ?");
  if (!statement) return std::move(statement).error();
  return statement->bind(millis(now)).run();
}

Result<std::size_t> SqliteTasks::count(const char* sql, std::string_view parameter) {
  auto statement = db_.prepare(sql);
  if (!statement) return std::move(statement).error();
  if (std::string_view(sql).ends_with('?')) statement->bind(parameter);
  auto row = statement->step();
  if (!row) return std::move(row).error();
  return static_cast<std::size_t>(statement->number(0));
}

Result<std::vector<StoredTask>> SqliteTasks::rows(Statement& statement) {
  std::vector<StoredTask> all;
  for (;;) {
    auto row = statement.step();
    if (!row) return std::move(row).error();
    if (!*row) return all;
    StoredTask task;
    task.id = statement.text(0);
    task.owner = statement.text(1);
    task.tool = statement.text(2);
    task.arguments = statement.text(3);
    task.client = statement.text(4);
    auto status = mcp::find_task_status(statement.text(5));
    if (!status) return Error(Code::internal, "the store: a task has an unknown status", "the store failed");
    task.status = *status;
    task.message = statement.text(6);
    task.created = time_of(statement.number(7));
    task.updated = time_of(statement.number(8));
    task.ttl = milliseconds(statement.number(9));
    task.poll = milliseconds(statement.number(10));
    task.requests = statement.text(11);
    task.answers = statement.text(12);
    task.state = statement.text(13);
    task.outcome = statement.text(14);
    all.push_back(std::move(task));
  }
}

}  // namespace store
