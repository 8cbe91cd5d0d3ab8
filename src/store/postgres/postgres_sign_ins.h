// Credentials for upstreams in a PostgreSQL database.
#pragma once

#include "store/postgres/connection.h"
#include "store/sign_in_store.h"

namespace store::postgres {

inline constexpr const char* kSignInTable =
    "CREATE TABLE gatehouse_sign_in (server bytea NOT NULL, caller bytea NOT NULL, kind bytea NOT NULL, key_id bytea NOT NULL,"
    " body bytea NOT NULL, changed int8 NOT NULL, PRIMARY KEY (server, caller, kind));"
    "CREATE TABLE gatehouse_sign_in_claim (server bytea NOT NULL, caller bytea NOT NULL, kind bytea NOT NULL, holder bytea NOT NULL,"
    " until int8 NOT NULL, PRIMARY KEY (server, caller, kind))";

// The pool belongs to the store that this is a part of, and outlives it.
class SignIns final : public SignInStore {
 public:
  explicit SignIns(Pool& pool) : pool_(pool) {}

  mcp::Result<std::optional<StoredSignIn>> find(const SignInRow& row) override;
  mcp::Result<> put(const StoredSignIn& one) override;
  mcp::Result<> erase(const SignInRow& row) override;
  mcp::Result<std::size_t> forget(std::string_view server, std::string_view caller) override;
  mcp::Result<std::vector<StoredSignIn>> list() override;
  mcp::Result<bool> claim(const SignInRow& row, std::string_view holder, Time now, Time until) override;
  mcp::Result<> release(const SignInRow& row, std::string_view holder) override;

 private:
  Pool& pool_;
};

}  // namespace store::postgres
