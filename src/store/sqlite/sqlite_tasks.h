// Tasks in a SQLite file.
#pragma once

#include <mutex>

#include "mcp/server/tasks.h"
#include "store/sqlite/database.h"

namespace store {

// The statements that make the table, for the migrations of the file.
inline constexpr const char* kTaskTable =
    "CREATE TABLE task (id TEXT PRIMARY KEY, owner TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL,"
    " status TEXT NOT NULL, tool TEXT NOT NULL, arguments TEXT NOT NULL, client TEXT NOT NULL, message TEXT NOT NULL,"
    " updated INTEGER NOT NULL, ttl INTEGER NOT NULL, poll INTEGER NOT NULL, requests TEXT NOT NULL, answers TEXT NOT NULL,"
    " state TEXT NOT NULL, outcome TEXT NOT NULL);"
    "CREATE INDEX task_of_owner ON task (owner, created, id);"
    "CREATE INDEX task_by_end ON task (expires);";

// Both belong to the store that this is a part of, and outlive it. Times are kept in milliseconds.
// Threads: any; one call at a time waits for another.
class SqliteTasks final : public mcp::TaskStore {
 public:
  SqliteTasks(Database& db, std::mutex& mutex) : db_(db), mutex_(mutex) {}

  bool blocks() const override { return true; }
  mcp::Result<> insert(const mcp::StoredTask& task, const mcp::TaskLimits& limits, Time now) override;
  mcp::Result<> update(const mcp::StoredTask& task) override;
  mcp::Result<std::optional<mcp::StoredTask>> find(std::string_view id) override;
  mcp::Result<std::vector<mcp::StoredTask>> list(std::string_view owner, const Place& after, std::size_t most) override;
  mcp::Result<std::vector<mcp::StoredTask>> open_tasks() override;
  mcp::Result<> expire(Time now) override;
  mcp::Result<> remove(std::string_view id) override;

 private:
  mcp::Result<> insert_into(const mcp::StoredTask& task, const mcp::TaskLimits& limits, Time now);
  mcp::Result<> delete_expired(Time now);
  mcp::Result<std::size_t> count(const char* sql, std::string_view parameter);
  static mcp::Result<std::vector<mcp::StoredTask>> rows(Statement& statement);

  Database& db_;
  std::mutex& mutex_;
};

}  // namespace store
