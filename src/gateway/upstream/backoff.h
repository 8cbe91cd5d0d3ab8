// How long to wait before the next try of something that fails.
#pragma once

#include <functional>

#include "base/loop.h"

namespace gateway {

// Gives a number from 0 to below 1.
using Random = std::function<double()>;
// This process's own, seeded by the system.
Random system_random();

struct BackoffOptions {
  unsigned free = 2;           // so many failures in a row cost nothing: whatever failed once may work at once
  base::Millis first{250};     // longest wait after the next failure; it doubles with each further one
  base::Millis most{30'000};   // and ends here
  base::Millis least{0};       // no wait is shorter
  base::Millis quiet{60'000};  // a failure so long after the one before begins anew
};

// Exponential backoff with full jitter: each wait is drawn from everything up to its bound, so that many who failed together do not come
// back together. Decides only; the time is the caller's.
// Threads: one.
class Backoff {
 public:
  explicit Backoff(BackoffOptions options = {}, Random random = system_random()) : options_(options), random_(std::move(random)) {}

  void failed(base::Instant now);
  // It works: everything is forgotten.
  void worked();

  // May it be tried now?
  bool ready(base::Instant now) const { return now >= next_try_; }
  base::Instant next_try() const { return next_try_; }
  // In a row, up to now.
  unsigned failures() const { return failures_; }

 private:
  BackoffOptions options_;
  Random random_;
  unsigned failures_ = 0;
  base::Instant last_{};
  base::Instant next_try_ = base::Instant::min();
};

}  // namespace gateway
