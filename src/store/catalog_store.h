// What upstreams offered when they were last asked, kept across restarts.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"
#include "mcp/server/tasks.h"
#include "store/approval_store.h"
#include "store/key_store.h"
#include "store/pin_store.h"
#include "store/session_store.h"
#include "store/sign_in_store.h"

namespace store {

// One upstream's stored catalog. `body` is a JSON text that only the gateway reads.
struct StoredCatalog {
  std::string server;
  std::string fingerprint;  // of the config it was fetched under; another one makes it stale
  std::string body;
};

// Threads: any, one call at a time waits for another. All calls may block on the disk: not for a loop, but for load() at the start.
class CatalogStore {
 public:
  virtual ~CatalogStore() = default;
  // All that is stored. Errors: internal (with what the database says of it).
  virtual mcp::Result<std::vector<StoredCatalog>> load() = 0;
  // Replaces what is stored for `catalog.server`; durable when it returns. Errors: internal.
  virtual mcp::Result<> save(const StoredCatalog& catalog) = 0;
  // Forgets a server. Not an error when there is none.
  virtual mcp::Result<> remove(std::string_view server) = 0;
};

// Where the store is, for `version` and errors.
class Store {
 public:
  virtual ~Store() = default;
  virtual CatalogStore& catalogs() = 0;
  // Lives as long as the store.
  virtual mcp::TaskStore& tasks() = 0;
  // One line: kind, place and schema version.
  virtual std::string describe() const = 0;
  // Lives as long as the store.
  virtual SessionStore& sessions() = 0;
  // Live as long as the store.
  virtual KeyStore& keys() = 0;
  virtual ApprovalStore& approvals() = 0;
  // Lives as long as the store.
  virtual PinStore& pins() = 0;
  // Lives as long as the store.
  virtual SignInStore& sign_ins() = 0;
  // Whether it can be read and written now, for /readyz. Blocks.
  virtual mcp::Result<> check() = 0;
};

// Opens the store at `location`: `sqlite:PATH`, created with mode 0600 where it is not there, or `postgres://…`, a database that is there.
// Migrates it forward. Blocks. Errors: invalid_argument (unknown scheme, with the known ones), conflict (written by a newer version),
// unavailable and timeout (a database that cannot be reached), internal.
mcp::Result<std::unique_ptr<Store>> open_store(std::string_view location);

}  // namespace store
