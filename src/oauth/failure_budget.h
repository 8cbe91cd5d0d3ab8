// How much work each peer may cause by credentials that turn out to be worthless.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "oauth/bounded_table.h"

namespace oauth {

struct FailureBudgetOptions {
  std::chrono::microseconds burst{200'000};       // of one core's time
  std::chrono::microseconds per_second{100'000};  // what comes back
  std::size_t most_peers = 4096;                  // remembered; the one quiet for longest is forgotten first
};

// A bucket of computing time for each peer. Only failures are charged, so that a peer with good credentials never notices.
// Threads: one.
class FailureBudget {
 public:
  using Options = FailureBudgetOptions;
  explicit FailureBudget(Options options = {}) : options_(options), peers_(options.most_peers) {}

  // Whether the peer has used up its time.
  bool spent(std::string_view peer, base::Instant now) {
    Bucket* bucket = peers_.find(std::string(peer));
    return bucket && left(*bucket, now) <= std::chrono::microseconds(0);
  }
  void charge(std::string_view peer, std::chrono::microseconds cost, base::Instant now) {
    std::string name(peer);
    Bucket* bucket = peers_.find(name);
    std::chrono::microseconds before = bucket ? left(*bucket, now) : options_.burst;
    peers_.put(name, Bucket{before - cost, now});
  }

 private:
  struct Bucket {
    std::chrono::microseconds left;
    base::Instant at;
  };
  std::chrono::microseconds left(const Bucket& bucket, base::Instant now) const {
    auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - bucket.at);
    if (passed > std::chrono::minutes(1)) return options_.burst;
    return std::min(options_.burst, bucket.left + options_.per_second * passed.count() / 1000);
  }

  Options options_;
  BoundedTable<std::string, Bucket> peers_;
};

}  // namespace oauth
