// Which version of a package is the newest now, as its package manager says it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "trust/lookalike/named_package.h"

namespace app {

// The version that `text` (`name`, `name@latest`) stands for now; nothing where nobody can say.
using VersionFinder = std::function<std::optional<std::string>(trust::Ecosystem ecosystem, const std::string& text)>;

// Asks `npm view` and `pip index versions`, with the registries of the user's own settings. Runs nothing of the package. Blocks, for each
// package at most 20 seconds; after a registry did not answer it is not asked again.
VersionFinder ask_package_managers();

}  // namespace app
