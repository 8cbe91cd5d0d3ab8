// Which of two versions of a package is the newer one.
#pragma once
#include <compare>
#include <string_view>

#include "trust/lookalike/named_package.h"

namespace trust {

// npm: Semantic Versioning 2.0, section 11. PyPI: PEP 440 (epoch, release, pre-, post- and dev-release, local version). What is written
// otherwise is ordered by its parts, numbers by value. Takes linear time.
std::weak_ordering compare_versions(Ecosystem ecosystem, std::string_view a, std::string_view b);

}  // namespace trust
