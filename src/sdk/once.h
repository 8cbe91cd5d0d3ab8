// Remembers what has been said about whom, so that a log line about a peer is written once and not with every request.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

namespace sdk {

// A bounded memory of pairs (peer, what). When it is full, the oldest pair is forgotten, and may be said again.
// Threads: any.
class OncePerPeer {
 public:
  explicit OncePerPeer(std::size_t most = 10'000) : most_(most) {}

  // True the first time that it is called with this pair. Of long names only the beginning counts.
  bool first(std::string_view peer, std::string_view what);
  std::size_t size() const;

 private:
  std::size_t most_;
  mutable std::mutex mutex_;
  std::unordered_set<std::string> known_;
  std::deque<std::string> order_;
};

// How logs call a peer: name and version of its `Implementation` object (JSON text), as far as they are printable and short.
// "a peer without a name" where there is none.
std::string peer_name(std::string_view implementation_json);
std::string peer_name(std::string_view name, std::string_view version);

}  // namespace sdk
