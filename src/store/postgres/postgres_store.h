// The store in a PostgreSQL database, which several gateways may share.
#pragma once

#include <memory>
#include <string>

#include "store/catalog_store.h"

namespace store {

// Connects by a URL as libpq takes it (`postgres://user@host/database?sslmode=verify-full`), and brings the schema forward; of several
// that do this at a time, one does it. Every call has a deadline of ten seconds, and connects again where the connection was lost.
// Errors: invalid_argument (no such URL), unavailable, timeout, conflict (written by a newer version), internal.
mcp::Result<std::unique_ptr<Store>> open_postgres(const std::string& url);

}  // namespace store
