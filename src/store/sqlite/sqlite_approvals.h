// Approvals in a SQLite file.
#pragma once

#include <mutex>

#include "store/approval_store.h"
#include "store/sqlite/database.h"

namespace store {

inline constexpr const char* kApprovalTable =
    "CREATE TABLE approval (id TEXT PRIMARY KEY, caller TEXT NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL,"
    " created INTEGER NOT NULL, until INTEGER NOT NULL, changed INTEGER NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX approval_by_call ON approval (caller, digest);"
    "CREATE INDEX approval_by_end ON approval (until);"
    "CREATE INDEX approval_by_change ON approval (changed);";

// Both belong to the store that this is a part of, and outlive it.
class SqliteApprovals final : public ApprovalStore {
 public:
  SqliteApprovals(Database& db, std::mutex& mutex) : db_(db), mutex_(mutex) {}

  mcp::Result<> insert(const StoredApproval& approval, const Limits& limits) override;
  mcp::Result<std::optional<StoredApproval>> find(std::string_view id) override;
  mcp::Result<std::vector<StoredApproval>> find_for(std::string_view caller, std::string_view digest, Time now) override;
  mcp::Result<std::vector<StoredApproval>> list(Time now) override;
  mcp::Result<std::vector<std::string>> changed(Time since) override;
  mcp::Result<bool> replace(const StoredApproval& approval) override;

 private:
  mcp::Result<> make_room(const StoredApproval& approval, const Limits& limits);

  Database& db_;
  std::mutex& mutex_;
};

}  // namespace store
