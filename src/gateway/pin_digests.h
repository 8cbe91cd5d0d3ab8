// Digests of the definitions that calls go to, as pins have them.
#pragma once

#include <memory>
#include <string>

#include "gateway/catalog.h"
#include "gateway/recent.h"

namespace gateway {

// Counted once for each definition of a catalog, and kept as long as it is used.
// Threads: one loop only.
class PinDigests {
 public:
  // `definition` stands in `catalog`.
  const std::string& of(const std::shared_ptr<const Catalog>& catalog, const Definition& definition);

 private:
  static constexpr std::size_t kMost = 4'096;
  struct Kept {
    std::weak_ptr<const Catalog> catalog;  // whose definition it is: another one may come to lie at the same address
    std::string digest;
  };
  Recent<const Definition*, Kept> kept_{kMost};
};

}  // namespace gateway
