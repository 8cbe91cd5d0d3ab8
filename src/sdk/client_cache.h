// The store behind mcp::ClientCache.
#pragma once

#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "mcp/client/cache.h"
#include "protocol/methods.h"

namespace mcp::detail {

// Whose answers: of one server, for one set of credentials.
struct CacheOwner {
  std::string server;       // a URL, or a name that no other client has
  std::string credentials;  // a digest; equal ones may share what is private
};

// Answers by server, credentials, method and params; which era a server is of. The least lately used go first when it is full.
// Threads: any.
class CacheStore {
 public:
  explicit CacheStore(CacheLimits limits) : limits_(std::move(limits)) {}

  // A result that is still good, as JSON text. `params` without `_meta` and white space.
  std::optional<std::string> find(const CacheOwner& owner, protocol::Method method, std::string_view params);
  // Keeps `result` for as long as its own ttlMs says (absent, negative or nonsense: not at all), and as its cacheScope says (absent:
  // private). Only complete results that never were the end of several rounds may be given here.
  void put(const CacheOwner& owner, protocol::Method method, std::string_view params, std::string_view result);
  // Forgets all answers of the server to `method`, whoever got them.
  void drop(std::string_view server, protocol::Method method);
  // Forgets what was read of `uri`, of what stands inside of it, and of what it stands inside of.
  void drop_resource(std::string_view server, std::string_view uri);

  // The name of a legacy revision that the server spoke lately; empty when nothing is known.
  std::string legacy_verdict(std::string_view server);
  void judge_legacy(std::string_view server, std::string_view revision);
  void forget_verdict(std::string_view server);

  ClientCache::Counters counters() const;
  void clear();

 private:
  struct Entry {
    std::string key, server, uri, result;
    protocol::Method method;
    std::chrono::steady_clock::time_point good_until;
  };
  using Entries = std::list<Entry>;
  struct Verdict {
    std::string revision;
    std::chrono::steady_clock::time_point good_until;
  };
  static constexpr std::size_t kMostVerdicts = 1'000;

  std::chrono::steady_clock::time_point now() const;
  void erase(Entries::iterator entry);
  template <class F>
  void erase_if(F&& gone);

  const CacheLimits limits_;
  mutable std::mutex mutex_;
  Entries entries_;  // the latest used first
  std::map<std::string, Entries::iterator, std::less<>> by_key_;
  std::map<std::string, Verdict, std::less<>> verdicts_;
  ClientCache::Counters counters_;
};

}  // namespace mcp::detail
