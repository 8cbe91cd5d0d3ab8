// Approvals in a PostgreSQL database.
#pragma once

#include "store/approval_store.h"
#include "store/postgres/connection.h"

namespace store::postgres {

inline constexpr const char* kApprovalTable =
    "CREATE TABLE gatehouse_approval (id bytea PRIMARY KEY, caller bytea NOT NULL, digest bytea NOT NULL, state bytea NOT NULL,"
    " body bytea NOT NULL, created int8 NOT NULL, until int8 NOT NULL, changed int8 NOT NULL, revision int8 NOT NULL);"
    "CREATE INDEX gatehouse_approval_by_call ON gatehouse_approval (caller, digest);"
    "CREATE INDEX gatehouse_approval_by_end ON gatehouse_approval (until);"
    "CREATE INDEX gatehouse_approval_by_change ON gatehouse_approval (changed)";

// The pool belongs to the store that this is a part of, and outlives it.
class Approvals final : public ApprovalStore {
 public:
  explicit Approvals(Pool& pool) : pool_(pool) {}

  mcp::Result<> insert(const StoredApproval& approval, const Limits& limits) override;
  mcp::Result<std::optional<StoredApproval>> find(std::string_view id) override;
  mcp::Result<std::vector<StoredApproval>> find_for(std::string_view caller, std::string_view digest, Time now) override;
  mcp::Result<std::vector<StoredApproval>> list(Time now) override;
  mcp::Result<std::vector<std::string>> changed(Time since) override;
  mcp::Result<bool> replace(const StoredApproval& approval) override;

 private:
  mcp::Result<std::vector<StoredApproval>> rows_of(const char* sql, const std::vector<Value>& values);

  Pool& pool_;
};

}  // namespace store::postgres
