// Packages of servers as a lock names them: fetched once, with their install scripts off, and run from where they lie.
#pragma once

#include <string>
#include <vector>

#include "app/reader.h"
#include "trust/pins/lockfile.h"
#include "trust/pins/package.h"

namespace app {

// Where they lie: $XDG_CACHE_HOME/gatehouse/packages or ~/.cache/gatehouse/packages, each in a folder that is named by its hash.
std::string package_cache(const Environment& environment);

// Has npm or uv fetch it, without running anything of it, and puts it into the cache. Where `before` is the same package in the same
// version, its dependencies are those that are written there, each with its hash; else npm or uv chooses them. Blocks, for minutes at most;
// the network is theirs. Errors: unavailable (they are not on the PATH), upstream_failed (their own words), internal.
mcp::Result<trust::LockedPackage> fetch_package(const trust::PackageCommand& wanted, const trust::LockedPackage& before,
                                                const std::string& cache);

// The command that runs it from the cache in place of `command`, which has the package at `place`. Looks at every file. Blocks.
// Errors: not_found (it is not in the cache), conflict (it is not what the lock has any more); each with what to do.
mcp::Result<std::vector<std::string>> locked_command(const std::vector<std::string>& command, std::size_t place,
                                                     const trust::LockedPackage& package, const std::string& cache);

}  // namespace app
