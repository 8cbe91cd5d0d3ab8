// Features of the protocol that are deprecated: since when, until when at least, and what takes their place.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace protocol {

enum class Deprecated { roots, sampling, logging, dynamic_registration, include_context, http_sse };
inline constexpr std::size_t kDeprecatedCount = 6;

// One line of the specification's page "Deprecated". The features work all the same until they are removed. Whole revisions are in
// versions.h; none of them is deprecated.
struct Deprecation {
  Deprecated feature;
  std::string_view name;              // as logs and documents call it
  std::string_view since;             // the revision that deprecated it
  std::string_view earliest_removal;  // a revision released on this day or later may lack it, as YYYY-MM-DD
  std::string_view remedy;            // what to use instead, as an advice
};

const Deprecation& deprecation(Deprecated feature);
std::span<const Deprecation> all_deprecations();

}  // namespace protocol
