// Tasks in a PostgreSQL database.
#pragma once

#include "mcp/server/tasks.h"
#include "store/postgres/connection.h"

namespace store::postgres {

inline constexpr const char* kTaskTable =
    "CREATE TABLE gatehouse_task (id bytea PRIMARY KEY, owner bytea NOT NULL, created int8 NOT NULL, expires int8 NOT NULL,"
    " status bytea NOT NULL, tool bytea NOT NULL, arguments bytea NOT NULL, client bytea NOT NULL, message bytea NOT NULL,"
    " updated int8 NOT NULL, ttl int8 NOT NULL, poll int8 NOT NULL, requests bytea NOT NULL, answers bytea NOT NULL,"
    " state bytea NOT NULL, outcome bytea NOT NULL);"
    "CREATE INDEX gatehouse_task_of_owner ON gatehouse_task (owner, created, id);"
    "CREATE INDEX gatehouse_task_by_end ON gatehouse_task (expires)";

// The pool belongs to the store that this is a part of, and outlives it. Times are kept in milliseconds.
class Tasks final : public mcp::TaskStore {
 public:
  explicit Tasks(Pool& pool) : pool_(pool) {}

  bool blocks() const override { return true; }
  mcp::Result<> insert(const mcp::StoredTask& task, const mcp::TaskLimits& limits, Time now) override;
  mcp::Result<> update(const mcp::StoredTask& task) override;
  mcp::Result<std::optional<mcp::StoredTask>> find(std::string_view id) override;
  mcp::Result<std::vector<mcp::StoredTask>> list(std::string_view owner, const Place& after, std::size_t most) override;
  mcp::Result<std::vector<mcp::StoredTask>> open_tasks() override;
  mcp::Result<> expire(Time now) override;
  mcp::Result<> remove(std::string_view id) override;

 private:
  mcp::Result<> run(const char* sql, const std::vector<Value>& values);
  mcp::Result<std::vector<mcp::StoredTask>> select(const char* where, const std::vector<Value>& values);

  Pool& pool_;
};

}  // namespace store::postgres
