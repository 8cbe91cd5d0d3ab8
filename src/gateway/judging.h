// What rules look at of the catalog, and the catalog as rules leave it to one caller.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "access/policy.h"
#include "gateway/catalog.h"
#include "gateway/recent.h"

namespace gateway {

authz::Subject::Kind kind_of(DefinitionKind kind);
authz::Hints hints_of(const Definition& definition);
// The entry as it is looked at (Verb::see). Views into it.
authz::Subject sight_of(const Entry& entry);

// Catalogs without what their callers may not see. Callers for whom the same lines of the rules hold share one; where nothing is hidden
// it is the catalog itself, with its texts that are ready to send.
// Threads: one loop only.
class SeenCatalogs {
 public:
  // `all` may be null; then there is nothing to see.
  std::shared_ptr<const Catalog> of(const std::shared_ptr<const Catalog>& all, const authz::Policy& policy, const authz::Principal& who);
  // The rules have changed.
  void clear() { kept_.clear(); }

 private:
  static constexpr std::size_t kMost = 32;
  struct Kept {
    std::shared_ptr<const Catalog> all;  // holds the address that it is found by
    std::shared_ptr<const Catalog> seen;
  };
  Recent<std::pair<const Catalog*, std::string>, Kept> kept_{kMost};
};

}  // namespace gateway
