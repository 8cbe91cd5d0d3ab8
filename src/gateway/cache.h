// What upstreams said that others may be told again: resources, as long as their servers call them good.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "base/loop.h"
#include "protocol/params.h"
#include "protocol/results.h"

namespace gateway {

// Results of resources/read (Caching). One that its server calls public is for everybody with the same capabilities, every other one for
// the caller who got it. The least lately used go first when there are too many bytes. Threads: one loop only.
class ReadCache {
 public:
  struct Options {
    std::size_t bytes = 16 * 1024 * 1024;
    std::size_t largest = 1024 * 1024;  // a larger result is not kept
    std::function<base::Instant()> now = base::Timers::now;
  };
  ReadCache() : ReadCache(Options{}) {}
  explicit ReadCache(Options options) : options_(std::move(options)) {}

  // Who reads what.
  struct Key {
    std::string server;
    std::string uri;  // the server's own
    std::string caller;
    std::string capabilities;
  };

  // A result that is still good, with what is left of its time; nothing otherwise.
  std::optional<std::string> find(const Key& key);
  // Keeps a result for as long as its own ttlMs says, and for whom its cacheScope says. What is not complete is not kept.
  // `since`: when it was asked for; a change that was told after that keeps it out.
  void put(const Key& key, std::string_view result, std::uint64_t since);
  // For put(): now, in changes.
  std::uint64_t changes() const { return changes_; }

  // The resource has changed, what stands inside of it, and what it stands inside of.
  void updated(std::string_view server, std::string_view uri);
  // All of a server.
  void drop(std::string_view server);

  std::size_t bytes() const { return bytes_; }

  // Whether two requests with these params can only differ in who asks: nothing in them but the URI and what the protocol itself says.
  static bool plain(const protocol::Params& params);

 private:
  using Id = std::tuple<std::string, std::string, std::string, std::string>;  // server, uri, capabilities, caller
  struct Entry {
    Id id;
    std::string result;
    base::Instant until;
  };
  using Entries = std::list<Entry>;

  void erase(Entries::iterator entry);

  Options options_;
  Entries entries_;  // the latest used first
  std::map<Id, Entries::iterator> by_id_;
  std::size_t bytes_ = 0;
  std::uint64_t changes_ = 0;
};

}  // namespace gateway
