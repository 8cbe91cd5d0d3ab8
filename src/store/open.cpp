#include "store/catalog_store.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"

namespace store {

// The schemes. A backend is a folder beside sqlite/ and a line here.
mcp::Result<std::unique_ptr<Store>> open_store(std::string_view location) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (location.starts_with(kSqlite)) return open_sqlite(std::string(location.substr(kSqlite.size())));
  if (location.starts_with("postgres://") || location.starts_with("postgresql://")) return open_postgres(std::string(location));
  return mcp::Error(mcp::Code::invalid_argument, "unknown kind of store; use sqlite:PATH or postgres://USER@HOST/DATABASE");
}

}  // namespace store
