// The circuit breaker of one upstream.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/loop.h"
#include "gateway/upstream/backoff.h"

namespace gateway {

struct BreakerOptions {
  unsigned in_a_row = 5;  // so many failures without a success between them open it
  unsigned fewest = 20;   // or: of at least so many requests within the window,
  double share = 0.5;     // more than this part has failed
  base::Millis window{30'000};
  BackoffOptions pause{.free = 0, .first = base::Millis(1'000), .most = base::Millis(30'000), .least = base::Millis(200)};
};

// Closed, everything goes. Open, nothing does, until the pause is over; then one request goes as a trial, and decides. Decides only: who
// asks tells it how requests ended. What counts as failed is the caller's business.
// Threads: one.
class Breaker {
 public:
  enum class State { closed, open, half_open };
  enum class Admission { refused, goes, trial };

  explicit Breaker(BreakerOptions options = {}, Random random = system_random())
      : options_(options), pause_(options.pause, std::move(random)) {}

  // Would a request go now?
  bool refuses(base::Instant now) const;
  // The same, and a trial begins with it when its time has come. Each one that goes ends with worked(), failed() or given_up().
  Admission admit(base::Instant now);

  void worked(Admission how, base::Instant now);
  // `began`: when it was admitted. Requests that were under way together count as one failure in a row.
  void failed(Admission how, base::Instant began, base::Instant now, std::string reason);
  // Nobody knows how it would have ended.
  void given_up(Admission how);
  // A trial that only showed that the upstream lives: the next real request is the trial that decides.
  void alive();
  // Another process, another chance.
  void renewed();

  State state() const { return state_; }
  // Closed, and something failed lately.
  bool degraded(base::Instant now) const;
  // When it is open: from when on a trial may go.
  base::Instant next_try() const { return pause_.next_try(); }
  // The failure that opened it, or the last one.
  const std::string& reason() const { return reason_; }

 private:
  static constexpr std::size_t kSlots = 10;
  struct Slot {
    std::int64_t number = -1;
    std::uint64_t worked = 0;
    std::uint64_t failed = 0;
  };
  struct Counts {
    std::uint64_t all = 0;
    std::uint64_t failed = 0;
  };
  std::int64_t slot_number(base::Instant now) const;
  Slot& slot(base::Instant now);
  Counts counts(base::Instant now) const;
  void open(base::Instant now);

  BreakerOptions options_;
  Backoff pause_;
  State state_ = State::closed;
  bool trial_ = false;  // one is under way
  unsigned in_a_row_ = 0;
  base::Instant last_failure_{};
  std::string reason_;
  std::array<Slot, kSlots> slots_;
};

}  // namespace gateway
