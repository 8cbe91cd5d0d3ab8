// API keys in a SQLite file.
#pragma once

#include <mutex>

#include "store/key_store.h"
#include "store/sqlite/database.h"

namespace store {

inline constexpr const char* kKeyTable =
    "CREATE TABLE api_key (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, groups TEXT NOT NULL, profiles TEXT NOT "
    "NULL,"
    " digest TEXT NOT NULL, old_digest TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, old_until INTEGER NOT NULL,"
    " revoked INTEGER NOT NULL, used INTEGER NOT NULL, alerted INTEGER NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;";

// Both belong to the store that this is a part of, and outlive it.
class SqliteKeys final : public KeyStore {
 public:
  SqliteKeys(Database& db, std::mutex& mutex) : db_(db), mutex_(mutex) {}

  mcp::Result<> insert(const StoredKey& key) override;
  mcp::Result<std::optional<StoredKey>> find(std::string_view name) override;
  mcp::Result<std::vector<StoredKey>> list() override;
  mcp::Result<bool> replace(const StoredKey& key) override;
  mcp::Result<> touch(const std::vector<std::pair<std::string, Time>>& uses) override;
  mcp::Result<std::int64_t> version() override;

 private:
  mcp::Result<> touch_in(const std::vector<std::pair<std::string, Time>>& uses);

  Database& db_;
  std::mutex& mutex_;
};

}  // namespace store
