// gatehouse.lock: what was approved of every server, made to be read, compared and committed.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"
#include "trust/pins/ledger.h"

namespace trust {

// How one server is started or reached, and the code that this runs.
struct LockedPackage {
  std::string manager;  // `npm` or `uv`
  std::string name;
  std::string version;                          // exact
  std::string integrity;                        // as the package manager's own lock has it
  std::string dependencies;                     // SHA-256 of that lock: every dependency with its own hash
  std::string tree;                             // SHA-256 over all files as they lie in the cache (tree_digest)
  std::string entry;                            // the file that is run, relative to the folder in the cache
  std::map<std::string, std::string> resolved;  // the members of the manager's own lock: every package and its hash, canonical JSON
  bool operator==(const LockedPackage&) const = default;
};

struct LockedServer {
  std::string launch;     // SHA-256 of what starts or reaches it; see launch_text
  LockedPackage package;  // empty name: none
  std::vector<LedgerPin> pins;
  bool operator==(const LockedServer&) const = default;
};

// `resolved` as one hash, for `dependencies`.
std::string dependencies_digest(const std::map<std::string, std::string>& resolved);

struct Lock {
  static constexpr int kVersion = 1;
  std::string config;  // the name of the config's file, without its folder
  std::map<std::string, LockedServer> servers;
  bool operator==(const Lock&) const = default;
};

inline constexpr std::size_t kLargestLock = 64 * 1024 * 1024;  // bytes

// The text of a lock: JSON, in one order, one value a line, ended by a hash over all of it. What nobody sees is written as an escape.
std::string write_lock(const Lock& lock);

// Reads what write_lock() wrote. Errors, each with what to do: invalid_argument (cut off, no lock, edited: the hash at its end or that of
// a definition does not fit), conflict (written by a newer gatehouse).
mcp::Result<Lock> read_lock(std::string_view text);

}  // namespace trust
