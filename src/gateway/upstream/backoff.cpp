#include "gateway/upstream/backoff.h"

#include <algorithm>
#include <memory>
#include <random>

namespace gateway {

using base::Instant;
using base::Millis;

Random system_random() {
  auto engine = std::make_shared<std::minstd_rand>(std::random_device{}());
  return [engine] { return std::uniform_real_distribution<double>(0, 1)(*engine); };
}

void Backoff::failed(Instant now) {
  if (failures_ > 0 && now - last_ > options_.quiet) failures_ = 0;
  ++failures_;
  last_ = now;
  if (failures_ <= options_.free) {
    next_try_ = now + options_.least;
    return;
  }
  const unsigned doubled = std::min(failures_ - options_.free - 1, 20u);
  const Millis bound = std::max(options_.least, std::min(options_.most, options_.first * (1 << doubled)));
  const double drawn = std::clamp(random_(), 0.0, 1.0) * static_cast<double>((bound - options_.least).count());
  next_try_ = now + options_.least + Millis(static_cast<Millis::rep>(drawn));
}

void Backoff::worked() {
  failures_ = 0;
  next_try_ = Instant::min();
}

}  // namespace gateway
