// Sessions in a SQLite file.
#pragma once

#include <mutex>

#include "store/session_store.h"
#include "store/sqlite/database.h"

namespace store {

inline constexpr const char* kSessionTable =
    "CREATE TABLE session (id TEXT PRIMARY KEY, instance TEXT NOT NULL, principal TEXT NOT NULL, path TEXT NOT NULL, revision TEXT NOT "
    "NULL,"
    " info TEXT NOT NULL, capabilities TEXT NOT NULL, level TEXT NOT NULL, subscribed TEXT NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX session_by_use ON session (used);";

// Both belong to the store that this is a part of, and outlive it.
class SqliteSessions final : public SessionStore {
 public:
  SqliteSessions(Database& db, std::mutex& mutex) : db_(db), mutex_(mutex) {}

  mcp::Result<> insert(const StoredSession& session, const Limits& limits) override;
  mcp::Result<std::optional<StoredSession>> find(std::string_view id) override;
  mcp::Result<> update(const StoredSession& session) override;
  mcp::Result<bool> claim(std::string_view id, std::string_view from, std::string_view to, Time now) override;
  mcp::Result<> remove(std::string_view id) override;

 private:
  mcp::Result<> trim(const Limits& limits, Time now);

  Database& db_;
  std::mutex& mutex_;
  std::size_t inserted_ = 0;
};

}  // namespace store
