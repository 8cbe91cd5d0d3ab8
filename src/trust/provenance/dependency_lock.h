// The packages that a lock file of a package manager fixes.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"
#include "trust/lookalike/named_package.h"

namespace trust {

// What a lock says of one package. Texts are as they came and may hold anything.
struct LockedDependency {
  Ecosystem ecosystem = Ecosystem::npm;
  std::string name;
  std::string version;
  std::string integrity;        // npm: sha512-…; uv: the hashes of all its files, separated by spaces; empty: none
  std::string source;           // where it comes from, if that is not the registry: a URL, a path; empty: the registry
  bool install_script = false;  // runs a program of its own when it is installed
};

// Reads package-lock.json (lockfileVersion 2 or 3) or uv.lock (version 1). Which one it is, its first character says.
// Errors: invalid_argument (neither, a version that is not known, or broken: says where), too_large.
mcp::Result<std::vector<LockedDependency>> parse_lock(std::string_view text);

inline constexpr std::size_t kLargestLock = 64 * 1024 * 1024;  // bytes
inline constexpr std::size_t kMostLocked = 100'000;            // packages

}  // namespace trust
