// ClientCache: what clients remember of servers, for as long as the servers allow it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace mcp {

namespace detail {

class CacheStore;

}  // namespace detail

struct CacheLimits {
  std::size_t most_bytes = 16 * 1024 * 1024;
  std::size_t most_entries = 2'000;
  std::chrono::milliseconds longest{std::chrono::hours(24)};  // a server's ttlMs is cut to this
  // For how long a server counts as one of the old era without being asked again. The new era needs no such limit: it shows when it ends.
  std::chrono::milliseconds legacy_verdict{std::chrono::hours(1)};
  // The time, for tests; absent: the machine's.
  std::function<std::chrono::steady_clock::time_point()> clock = {};
};

// Lists, resources and discoveries with their ttlMs and cacheScope (Caching), and which era a server is of (Versioning, "Backward
// compatibility"). Each client has one of its own unless ClientOptions::cache gives it a shared one. What a server calls private is never
// given to a client with other credentials.
// Copies are the same cache.
// Threads: any.
class ClientCache {
 public:
  explicit ClientCache(CacheLimits limits);
  ClientCache() : ClientCache(CacheLimits()) {}

  struct Counters {
    std::uint64_t hits = 0, misses = 0;
    std::size_t entries = 0, bytes = 0;
  };
  Counters counters() const;
  void clear();

  detail::CacheStore& store() const { return *store_; }

 private:
  std::shared_ptr<detail::CacheStore> store_;
};

}  // namespace mcp
