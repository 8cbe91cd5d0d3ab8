// The store in one SQLite file.
#pragma once

#include <memory>
#include <string>

#include "store/catalog_store.h"

namespace store {

// Opens or creates the file, WAL journal, mode 0600. `:memory:` is a store that ends with the process.
mcp::Result<std::unique_ptr<Store>> open_sqlite(const std::string& path);

}  // namespace store
