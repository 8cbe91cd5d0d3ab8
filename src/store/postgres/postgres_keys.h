// API keys in a PostgreSQL database.
#pragma once

#include "store/key_store.h"
#include "store/postgres/connection.h"

namespace store::postgres {

inline constexpr const char* kKeyTable =
    "CREATE TABLE gatehouse_api_key (id bytea PRIMARY KEY, name bytea NOT NULL UNIQUE, owner bytea NOT NULL, groups bytea NOT NULL,"
    " profiles bytea NOT NULL, digest bytea NOT NULL, old_digest bytea NOT NULL, created int8 NOT NULL, expires int8 NOT NULL,"
    " old_until int8 NOT NULL, revoked int8 NOT NULL, used int8 NOT NULL, alerted int8 NOT NULL, revision int8 NOT NULL)";

// The pool belongs to the store that this is a part of, and outlives it.
class Keys final : public KeyStore {
 public:
  explicit Keys(Pool& pool) : pool_(pool) {}

  mcp::Result<> insert(const StoredKey& key) override;
  mcp::Result<std::optional<StoredKey>> find(std::string_view name) override;
  mcp::Result<std::vector<StoredKey>> list() override;
  mcp::Result<bool> replace(const StoredKey& key) override;
  mcp::Result<> touch(const std::vector<std::pair<std::string, Time>>& uses) override;
  mcp::Result<std::int64_t> version() override;

 private:
  Pool& pool_;
};

}  // namespace store::postgres
