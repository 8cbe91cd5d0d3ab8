// Lists that are too long for one answer, page by page.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/carried.h"
#include "gateway/catalog.h"
#include "gateway/recent.h"
#include "sdk/handler.h"

namespace gateway {

// Gives lists out in pages. A cursor is sealed for its caller and says which list it walks, what was last given out, and where that
// stood. While the list that a walk began with is kept, the walk goes through that one, whatever changed since; after that it goes on
// in the list as it is then, behind the entry given out last.
// Threads: one loop only.
class ListPages {
 public:
  struct Limits {
    std::size_t entries = 1'000;
    std::size_t bytes = 1024 * 1024;
    std::size_t kept = 16;          // lists that are being walked
    std::chrono::minutes good{60};  // for how long a cursor is
  };
  explicit ListPages(const Carrier& carrier) : ListPages(carrier, Limits{}) {}
  ListPages(const Carrier& carrier, Limits limits) : carrier_(carrier), limits_(limits), kept_(limits.kept), digests_(limits.kept) {}

  // Whose walk, and over what.
  struct Walk {
    std::string_view caller;
    std::string_view route;  // the server's id, or empty for the aggregate
    DefinitionKind kind = DefinitionKind::tool;
  };

  // The first page: the whole list, where it fits into one.
  sdk::Reply first(const Walk& walk, const std::shared_ptr<const Catalog>& catalog);
  // The page behind `cursor` (plain). `now` is the catalog as it is now; it is looked at only when the list of the cursor is gone.
  // Errors: invalid_argument (no cursor of this walk, or one whose entry is gone with its list).
  mcp::Result<sdk::Reply> next(const Walk& walk, std::string_view cursor, const std::shared_ptr<const Catalog>& now);
  // Who may see what has changed: walks go on in the lists as they are now.
  void forget() {
    kept_.clear();
    digests_.clear();
  }

 private:
  struct Kept {
    std::shared_ptr<const Catalog> catalog;
    std::string digest;
  };
  sdk::Reply page(const Walk& walk, const std::shared_ptr<const Catalog>& catalog, std::size_t from);
  std::string digest_of(const std::shared_ptr<const Catalog>& catalog, DefinitionKind kind);

  const Carrier& carrier_;
  Limits limits_;
  Recent<std::string, std::shared_ptr<const Catalog>> kept_;  // by digest of the list
  Recent<const ListText*, Kept> digests_;
};

}  // namespace gateway
