// What was left out of results that were cut, for a while, each for the caller who made the call.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/loop.h"

namespace gateway {

// Bounded in bytes, for each caller and for all: the oldest goes first.
// Threads: one loop only.
class KeptResults {
 public:
  static constexpr std::size_t kMostBytes = 64 * 1024 * 1024;
  static constexpr std::size_t kMostOfCaller = 16 * 1024 * 1024;
  static constexpr base::Millis kLives{30 * 60 * 1000};  // since it was read last

  // A name that nobody guesses.
  static std::string new_handle();
  // Keeps `rest` under `handle`; what is over kMostOfCaller of it is dropped, and said to be.
  void keep(std::string handle, std::string_view caller, std::string rest, base::Instant now);
  // Null when there is none of this caller's, or no longer. Good for as long as it is held.
  std::shared_ptr<const std::string> find(std::string_view handle, std::string_view caller, base::Instant now);

  std::size_t size() const { return kept_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    std::string handle;
    std::string caller;
    std::shared_ptr<const std::string> rest;
    base::Instant until;
  };
  using Order = std::list<Kept>;  // the next to go first
  void drop(Order::iterator one);
  void make_room(std::string_view caller, std::size_t size, base::Instant now);

  Order kept_;
  std::unordered_map<std::string_view, Order::iterator> by_handle_;
  std::unordered_map<std::string, std::size_t> of_caller_;
  std::size_t bytes_ = 0;
};

}  // namespace gateway
