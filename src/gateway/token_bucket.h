// The bucket that keeps a rate.
#pragma once

#include <algorithm>
#include <cmath>

#include "base/loop.h"
#include "gateway/config.h"

namespace gateway {

// Decides only; the time is the caller's.
// Threads: one.
class TokenBucket {
 public:
  // Begins full.
  explicit TokenBucket(Rate rate) : rate_(rate), left_(rate.burst) {}

  // Takes one, if there is one.
  bool take(base::Instant now) {
    fill(now);
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }
  // Until there is one; at least a millisecond when there is none.
  base::Millis wait(base::Instant now) {
    fill(now);
    if (left_ >= 1) return base::Millis(0);
    return base::Millis(static_cast<base::Millis::rep>(std::ceil((1 - left_) / rate_.per_second * 1000)));
  }
  bool full(base::Instant now) {
    fill(now);
    return left_ >= rate_.burst;
  }

 private:
  void fill(base::Instant now) {
    if (filled_ == base::Instant{}) filled_ = now;
    const double passed = std::chrono::duration<double>(now - filled_).count();
    if (passed <= 0) return;
    left_ = std::min(rate_.burst, left_ + passed * rate_.per_second);
    filled_ = now;
  }

  Rate rate_;
  double left_;
  base::Instant filled_{};
};

}  // namespace gateway
