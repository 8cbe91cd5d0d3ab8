#include "gateway/upstream/breaker.h"

namespace gateway {

using base::Instant;

std::int64_t Breaker::slot_number(Instant now) const {
  const auto length = std::max<base::Millis::rep>(1, options_.window.count() / static_cast<base::Millis::rep>(kSlots));
  return std::chrono::duration_cast<base::Millis>(now.time_since_epoch()).count() / length;
}

Breaker::Slot& Breaker::slot(Instant now) {
  const std::int64_t number = slot_number(now);
  Slot& one = slots_[static_cast<std::size_t>(number) % kSlots];
  if (one.number != number) one = {.number = number};
  return one;
}

Breaker::Counts Breaker::counts(Instant now) const {
  const std::int64_t newest = slot_number(now);
  Counts out;
  for (const Slot& one : slots_) {
    if (one.number < 0 || newest - one.number >= static_cast<std::int64_t>(kSlots)) continue;
    out.all += one.worked + one.failed;
    out.failed += one.failed;
  }
  return out;
}

bool Breaker::refuses(Instant now) const {
  switch (state_) {
    case State::closed: return false;
    case State::open: return trial_ || !pause_.ready(now);
    case State::half_open: break;
  }
  return trial_;
}

Breaker::Admission Breaker::admit(Instant now) {
  if (state_ == State::closed) return Admission::goes;
  if (refuses(now)) return Admission::refused;
  state_ = State::half_open;
  trial_ = true;
  return Admission::trial;
}

void Breaker::worked(Admission how, Instant now) {
  if (how == Admission::trial) {
    trial_ = false;
    renewed();
  }
  if (state_ != State::closed) return;  // it was sent before the others failed
  in_a_row_ = 0;
  ++slot(now).worked;
}

void Breaker::failed(Admission how, Instant began, Instant now, std::string reason) {
  if (how == Admission::trial) {
    trial_ = false;
    reason_ = std::move(reason);
    open(now);
    return;
  }
  if (state_ != State::closed) return;
  reason_ = std::move(reason);
  ++slot(now).failed;
  if (in_a_row_ == 0 || began >= last_failure_) {
    ++in_a_row_;
    last_failure_ = now;
  }
  const Counts lately = counts(now);
  const bool mostly =
      lately.all >= options_.fewest && static_cast<double>(lately.failed) > options_.share * static_cast<double>(lately.all);
  if (in_a_row_ >= options_.in_a_row || mostly) open(now);
}

void Breaker::given_up(Admission how) {
  if (how == Admission::trial) trial_ = false;
}

void Breaker::alive() {
  trial_ = false;
  if (state_ == State::open) state_ = State::half_open;
}

void Breaker::renewed() {
  state_ = State::closed;
  trial_ = false;
  in_a_row_ = 0;
  slots_ = {};
  pause_.worked();
}

void Breaker::open(Instant now) {
  state_ = State::open;
  in_a_row_ = 0;
  slots_ = {};
  pause_.failed(now);
}

bool Breaker::degraded(Instant now) const {
  const Counts lately = counts(now);
  return state_ == State::closed && (in_a_row_ > 0 || lately.failed * 10 > lately.all);
}

}  // namespace gateway
