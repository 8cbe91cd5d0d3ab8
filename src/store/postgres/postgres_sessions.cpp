#include "store/postgres/postgres_sessions.h"

namespace store::postgres {

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

Result<> Sessions::run(const char* sql, const std::vector<Value>& values) {
  return pool_.with<void>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<> {
    auto rows = db.run(sql, values, deadline);
    if (!rows) return std::move(rows).error();
    return {};
  });
}

Result<> Sessions::insert(const StoredSession& session, const Limits& limits) {
  if (inserted_++ % kTrimEvery == 0) {
    auto old = run("DELETE FROM gatehouse_session WHERE used < $1", {millis(session.used - limits.idle)});
    if (!old) return old;
    auto over = run("DELETE FROM gatehouse_session WHERE id IN (SELECT id FROM gatehouse_session ORDER BY used DESC OFFSET $1)",
                    {static_cast<std::int64_t>(limits.most)});
    if (!over) return over;
  }
  return pool_.with<void>(Pool::Repeat::never, [&](Connection& db, Instant deadline) -> Result<> {
    auto rows = db.run(
        "INSERT INTO gatehouse_session (id, instance, principal, path, revision, info, capabilities, level, subscribed, used)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING",
        {session.id, session.instance, session.principal, session.path, session.revision, session.info, session.capabilities, session.level,
         session.subscribed, millis(session.used)},
        deadline);
    if (!rows) return std::move(rows).error();
    if (rows->changed() == 0) return Error(Code::conflict, "there is a session with this id");
    return {};
  });
}

Result<std::optional<StoredSession>> Sessions::find(std::string_view id) {
  using Found = std::optional<StoredSession>;
  return pool_.with<Found>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<Found> {
    auto rows = db.run(
        "SELECT id, instance, principal, path, revision, info, capabilities, level, subscribed, used FROM gatehouse_session WHERE id = $1",
        {id}, deadline);
    if (!rows) return std::move(rows).error();
    if (rows->size() == 0) return Found();
    StoredSession out;
    int column = 0;
    for (std::string* member :
         {&out.id, &out.instance, &out.principal, &out.path, &out.revision, &out.info, &out.capabilities, &out.level, &out.subscribed})
      *member = rows->text(0, column++);
    out.used = Time(std::chrono::milliseconds(rows->number(0, column)));
    return Found(std::move(out));
  });
}

Result<> Sessions::update(const StoredSession& session) {
  return run("UPDATE gatehouse_session SET level = $1, subscribed = $2, used = $3 WHERE id = $4",
             {session.level, session.subscribed, millis(session.used), session.id});
}

Result<bool> Sessions::claim(std::string_view id, std::string_view from, std::string_view to, Time now) {
  // Repeated after it was carried out it would find itself as the owner, and be told no; who asks then looks and sees it.
  return pool_.with<bool>(Pool::Repeat::harmless, [&](Connection& db, Instant deadline) -> Result<bool> {
    auto rows = db.run("UPDATE gatehouse_session SET instance = $1, used = $2 WHERE id = $3 AND instance = $4", {to, millis(now), id, from},
                       deadline);
    if (!rows) return std::move(rows).error();
    return rows->changed() == 1;
  });
}

Result<> Sessions::remove(std::string_view id) { return run("DELETE FROM gatehouse_session WHERE id = $1", {id}); }

}  // namespace store::postgres
