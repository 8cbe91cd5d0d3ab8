// Sessions in a PostgreSQL database.
#pragma once

#include <atomic>

#include "store/postgres/connection.h"
#include "store/session_store.h"

namespace store::postgres {

inline constexpr const char* kSessionTable =
    "CREATE TABLE gatehouse_session (id bytea PRIMARY KEY, instance bytea NOT NULL, principal bytea NOT NULL, path bytea NOT NULL,"
    " revision bytea NOT NULL, info bytea NOT NULL, capabilities bytea NOT NULL, level bytea NOT NULL, subscribed bytea NOT NULL,"
    " used int8 NOT NULL);"
    "CREATE INDEX gatehouse_session_by_use ON gatehouse_session (used)";

// The pool belongs to the store that this is a part of, and outlives it.
class Sessions final : public SessionStore {
 public:
  explicit Sessions(Pool& pool) : pool_(pool) {}

  mcp::Result<> insert(const StoredSession& session, const Limits& limits) override;
  mcp::Result<std::optional<StoredSession>> find(std::string_view id) override;
  mcp::Result<> update(const StoredSession& session) override;
  mcp::Result<bool> claim(std::string_view id, std::string_view from, std::string_view to, Time now) override;
  mcp::Result<> remove(std::string_view id) override;

 private:
  mcp::Result<> run(const char* sql, const std::vector<Value>& values);

  Pool& pool_;
  std::atomic<std::size_t> inserted_ = 0;
};

}  // namespace store::postgres
