#include "gateway/pin_digests.h"

#include "trust/pins/canonical.h"

namespace gateway {

const std::string& PinDigests::of(const std::shared_ptr<const Catalog>& catalog, const Definition& definition) {
  if (const Kept* kept = kept_.find(&definition))
    if (!kept->catalog.owner_before(catalog) && !catalog.owner_before(kept->catalog)) return kept->digest;
  return kept_.put(&definition, {catalog, trust::pin_digest(trust::canonical_definition(definition.raw))}).digest;
}

}  // namespace gateway
