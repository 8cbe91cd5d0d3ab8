// Pins in a SQLite file.
#pragma once

#include <mutex>

#include "store/pin_store.h"
#include "store/sqlite/database.h"

namespace store {

inline constexpr const char* kPinTable =
    "CREATE TABLE pin (server TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, caller TEXT NOT NULL,"
    " state TEXT NOT NULL, reason TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (server, kind, name, digest, caller)) WITHOUT ROWID;"
    "CREATE TABLE pin_version (number INTEGER NOT NULL); INSERT INTO pin_version (number) VALUES (0);";

// Both belong to the store that this is a part of, and outlive it.
class SqlitePins final : public PinStore {
 public:
  SqlitePins(Database& db, std::mutex& mutex) : db_(db), mutex_(mutex) {}

  mcp::Result<std::vector<StoredPin>> load() override;
  mcp::Result<> change(const std::vector<StoredPin>& forgotten, const std::vector<StoredPin>& written) override;
  mcp::Result<std::int64_t> version() override;

 private:
  mcp::Result<> change_in(const std::vector<StoredPin>& forgotten, const std::vector<StoredPin>& written);

  Database& db_;
  std::mutex& mutex_;
};

}  // namespace store
