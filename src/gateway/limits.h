// What one caller may take, and what the whole gateway does.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/loop.h"
#include "gateway/config.h"
#include "gateway/token_bucket.h"

namespace gateway {

// JSON text `{"retryAfter":seconds}`, at least one second: the data of an error after which the same request may work. An endpoint makes
// the Retry-After header of it.
std::string retry_after(base::Millis wait);

// Counts what runs, for each caller and for all. What only listens is counted by its rate, and not as running.
// A caller who is quiet is forgotten; when too many are not, all further ones share one entry.
// Threads: one loop only. Outlives its seats.
class CallerLimits {
 public:
  explicit CallerLimits(const Limits& limits) : limits_(limits) {}
  // What runs stays counted; rates begin anew.
  void change(const Limits& limits);

  // One request that runs; it has ended when this is destroyed.
  class Seat {
   public:
    Seat() = default;
    Seat(Seat&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), caller_(std::move(other.caller_)) {}
    Seat& operator=(Seat&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(caller_, other.caller_);
      return *this;
    }
    ~Seat();

   private:
    friend class CallerLimits;
    CallerLimits* owner_ = nullptr;
    std::shared_ptr<std::size_t> caller_;  // how many run for this caller; null when nobody counts
  };

  // `within` is a call that one which runs makes: it counts for the rate alone, as listening does.
  enum class Kind { call, listen, within };
  // Errors, each with retry_after() as its data: unavailable (the gateway is full), rate_limited (this caller has too much).
  base::Result<Seat> admit(std::string_view caller, Kind kind, base::Instant now);

  // The gateway is full: a request may as well be refused before it is read.
  bool full() const { return running_ >= limits_.calls; }
  std::size_t running() const { return running_; }
  std::size_t callers() const { return callers_.size(); }

 private:
  struct Caller {
    TokenBucket bucket;
    std::shared_ptr<std::size_t> running = std::make_shared<std::size_t>(0);
  };
  Caller& caller(std::string_view name, base::Instant now);
  void forget_quiet(base::Instant now);

  Limits limits_;
  std::size_t running_ = 0;
  std::map<std::string, Caller, std::less<>> callers_;
  base::Instant swept_{};
};

}  // namespace gateway
