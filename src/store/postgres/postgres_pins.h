// Pins in a PostgreSQL database.
#pragma once

#include "store/pin_store.h"
#include "store/postgres/connection.h"

namespace store::postgres {

inline constexpr const char* kPinTable =
    "CREATE TABLE gatehouse_pin (server bytea NOT NULL, kind bytea NOT NULL, name bytea NOT NULL, digest bytea NOT NULL,"
    " caller bytea NOT NULL, state bytea NOT NULL, reason bytea NOT NULL, body bytea NOT NULL,"
    " PRIMARY KEY (server, kind, name, digest, caller));"
    "CREATE TABLE gatehouse_pin_version (number int8 NOT NULL);"
    "INSERT INTO gatehouse_pin_version (number) VALUES (0)";

// The pool belongs to the store that this is a part of, and outlives it.
class Pins final : public PinStore {
 public:
  explicit Pins(Pool& pool) : pool_(pool) {}

  mcp::Result<std::vector<StoredPin>> load() override;
  mcp::Result<> change(const std::vector<StoredPin>& forgotten, const std::vector<StoredPin>& written) override;
  mcp::Result<std::int64_t> version() override;

 private:
  Pool& pool_;
};

}  // namespace store::postgres
