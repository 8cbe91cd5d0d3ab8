#include "store/sqlite/sqlite_sessions.h"

namespace store {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

// How many sessions come between two looks at the limits.
constexpr std::size_t kTrimEvery = 128;

std::int64_t millis(SessionStore::Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

Result<> SqliteSessions::insert(const StoredSession& session, const Limits& limits) {
  std::lock_guard lock(mutex_);
  if (inserted_++ % kTrimEvery == 0)
    if (auto trimmed = trim(limits, session.used); !trimmed) return trimmed;
  auto statement = db_.prepare(
      "INSERT INTO session (id, instance, principal, path, revision, info, capabilities, level, subscribed, used)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING id");
  if (!statement) return std::move(statement).error();
  statement->bind(session.id).bind(session.instance).bind(session.principal).bind(session.path).bind(session.revision);
  statement->bind(session.info).bind(session.capabilities).bind(session.level).bind(session.subscribed).bind(millis(session.used));
  auto row = statement->step();
  if (!row) return std::move(row).error();
  if (!*row) return Error(Code::conflict, "there is a session with this id");
  return statement->run();  // to its end, where it is committed
}

Result<std::optional<StoredSession>> SqliteSessions::find(std::string_view id) {
  std::lock_guard lock(mutex_);
  auto statement =
      db_.prepare("SELECT id, instance, principal, path, revision, info, capabilities, level, subscribed, used FROM session WHERE id = ?");
  if (!statement) return std::move(statement).error();
  auto row = statement->bind(id).step();
  if (!row) return std::move(row).error();
  if (!*row) return std::optional<StoredSession>();
  StoredSession out;
  int column = 0;
  for (std::string* member :
       {&out.id, &out.instance, &out.principal, &out.path, &out.revision, &out.info, &out.capabilities, &out.level, &out.subscribed})
    *member = statement->text(column++);
  out.used = Time(std::chrono::milliseconds(statement->number(column)));
  return std::optional(std::move(out));
}

Result<> SqliteSessions::update(const StoredSession& session) {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare("UPDATE session SET level = ?, subscribed = ?, used = ? WHERE id = ?");
  if (!statement) return std::move(statement).error();
  return statement->bind(session.level).bind(session.subscribed).bind(millis(session.used)).bind(session.id).run();
}

Result<bool> SqliteSessions::claim(std::string_view id, std::string_view from, std::string_view to, Time now) {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare("UPDATE session SET instance = ?, used = ? WHERE id = ? AND instance = ? RETURNING id");
  if (!statement) return std::move(statement).error();
  auto row = statement->bind(to).bind(millis(now)).bind(id).bind(from).step();
  if (!row) return std::move(row).error();
  if (*row)
    if (auto done = statement->run(); !done) return std::move(done).error();
  return *row;
}

Result<> SqliteSessions::remove(std::string_view id) {
  std::lock_guard lock(mutex_);
  auto statement = db_.prepare("DELETE FROM session WHERE id = ?");
  if (!statement) return std::move(statement).error();
  return statement->bind(id).run();
}

Result<> SqliteSessions::trim(const Limits& limits, Time now) {
  auto old = db_.prepare("DELETE FROM session WHERE used < ?");
  if (!old) return std::move(old).error();
  if (auto done = old->bind(millis(now - limits.idle)).run(); !done) return done;
  auto over = db_.prepare("DELETE FROM session WHERE id IN (SELECT id FROM session ORDER BY used DESC LIMIT -1 OFFSET ?)");
  if (!over) return std::move(over).error();
  return over->bind(static_cast<std::int64_t>(limits.most)).run();
}

}  // namespace store
