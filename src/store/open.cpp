#include "store/catalog_store.h"
#include "store/sqlite/sqlite_store.h"

namespace store {

// The schemes. A backend is a folder beside sqlite/ and a line here.
mcp::Result<std::unique_ptr<Store>> open_store(std::string_view location) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (location.starts_with(kSqlite)) return open_sqlite(std::string(location.substr(kSqlite.size())));
  if (location.starts_with("postgres:")) return mcp::Error(mcp::Code::invalid_argument, "postgres is not built yet; use sqlite:PATH");
  return mcp::Error(mcp::Code::invalid_argument, "unknown kind of store '" + std::string(location) + "'; use sqlite:PATH");
}

}  // namespace store
