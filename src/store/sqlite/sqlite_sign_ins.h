// Credentials for upstreams in a SQLite file.
#pragma once

#include <mutex>

#include "store/sign_in_store.h"
#include "store/sqlite/database.h"

namespace store {

inline constexpr const char* kSignInTable =
    "CREATE TABLE sign_in (server TEXT NOT NULL, caller TEXT NOT NULL, kind TEXT NOT NULL, key_id TEXT NOT NULL, body TEXT NOT NULL,"
    " changed INTEGER NOT NULL, PRIMARY KEY (server, caller, kind)) WITHOUT ROWID;"
    "CREATE TABLE sign_in_claim (server TEXT NOT NULL, caller TEXT NOT NULL, kind TEXT NOT NULL, holder TEXT NOT NULL,"
    " until INTEGER NOT NULL, PRIMARY KEY (server, caller, kind)) WITHOUT ROWID;";

// Both belong to the store that this is a part of, and outlive it.
class SqliteSignIns final : public SignInStore {
 public:
  SqliteSignIns(Database& db, std::mutex& mutex) : db_(db), mutex_(mutex) {}

  mcp::Result<std::optional<StoredSignIn>> find(const SignInRow& row) override;
  mcp::Result<> put(const StoredSignIn& one) override;
  mcp::Result<> erase(const SignInRow& row) override;
  mcp::Result<std::size_t> forget(std::string_view server, std::string_view caller) override;
  mcp::Result<std::vector<StoredSignIn>> list() override;
  mcp::Result<bool> claim(const SignInRow& row, std::string_view holder, Time now, Time until) override;
  mcp::Result<> release(const SignInRow& row, std::string_view holder) override;

 private:
  mcp::Result<std::int64_t> number(Statement& statement);

  Database& db_;
  std::mutex& mutex_;
};

}  // namespace store
