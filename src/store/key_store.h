// API keys as they are kept: never the key itself, only a digest of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/result.h"

namespace store {

// One key. Times are the wall's; the epoch is none.
struct StoredKey {
  using Time = std::chrono::system_clock::time_point;
  std::string id;          // stands in the key itself, in clear
  std::string name;        // what people call it; never given twice
  std::string owner;       // who answers for it
  std::string groups;      // JSON: an array of texts
  std::string profiles;    // the same
  std::string digest;      // of the key
  std::string old_digest;  // of the one before, which is good until old_until; empty: none
  Time created{}, expires{}, old_until{}, revoked{}, used{};
  std::int64_t alerted = 0;   // the days before its end of which was told last; 0: none
  std::int64_t revision = 0;  // counts its changes
};

// Threads: any. Calls may wait for a disk or a network: not for a loop.
class KeyStore {
 public:
  using Time = StoredKey::Time;
  static constexpr std::size_t kMost = 10'000;

  virtual ~KeyStore() = default;
  // Keeps a new key, with revision 1. Errors: conflict (its id or its name is taken), too_large (there are kMost), internal.
  virtual mcp::Result<> insert(const StoredKey& key) = 0;
  // Errors: internal.
  virtual mcp::Result<std::optional<StoredKey>> find(std::string_view name) = 0;
  // All, by name. Errors: internal.
  virtual mcp::Result<std::vector<StoredKey>> list() = 0;
  // Replaces everything but id, name, created and used, if the kept revision is the one given; it becomes one more. False: it is not.
  // Errors: internal.
  virtual mcp::Result<bool> replace(const StoredKey& key) = 0;
  // Notes by ids when keys were used last; a use that is older than the noted one changes nothing. Errors: internal.
  virtual mcp::Result<> touch(const std::vector<std::pair<std::string, Time>>& uses) = 0;
  // Grows with each insert and replace. Errors: internal.
  virtual mcp::Result<std::int64_t> version() = 0;
};

}  // namespace store
