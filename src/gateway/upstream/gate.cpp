#include "gateway/upstream/gate.h"

namespace gateway {

using base::Instant;
using base::Result;
using base::Task;

struct Gate::Seat {
  base::OneShot<void> called;
  bool granted = false;  // a place is kept for it
};

// Takes the seat, and whatever was granted, back when its waiter goes, in whatever way.
class Gate::Sitting {
 public:
  explicit Sitting(Gate& gate) : gate_(gate), seat_(std::make_shared<Seat>()) { gate.waiting_.push_back(seat_); }
  ~Sitting() {
    if (!seat_->granted)
      gate_.waiting_.remove(seat_);
    else if (!taken_)
      gate_.leave();
  }
  Sitting(const Sitting&) = delete;
  Sitting& operator=(const Sitting&) = delete;

  Seat& seat() { return *seat_; }
  Pass take() {
    taken_ = true;
    return Pass(gate_);
  }

 private:
  Gate& gate_;
  std::shared_ptr<Seat> seat_;
  bool taken_ = false;
};

std::optional<Gate::Pass> Gate::try_enter() {
  if (inside_ >= places_ || !waiting_.empty()) return {};
  ++inside_;
  return Pass(*this);
}

void Gate::leave() {
  --inside_;
  let_in();
}

void Gate::let_in() {
  while (inside_ < places_ && !waiting_.empty()) {
    std::shared_ptr<Seat> next = std::move(waiting_.front());
    waiting_.pop_front();
    next->granted = true;
    ++inside_;
    // Later: who leaves is in the middle of something, and a long queue of short requests would pile up on the stack.
    loop_.post([next] { next->called.set(Result<>()); });
  }
}

void Gate::resize(std::size_t places, std::size_t seats) {
  places_ = places;
  seats_ = seats;
  let_in();
}

Task<Gate::Pass> Gate::wait(std::stop_token stop, Instant deadline) {
  Sitting sitting(*this);
  Result<> called = co_await base::wait_for(sitting.seat().called, loop_.timers(), std::move(stop), deadline).result();
  if (!called) co_return std::move(called).error();
  co_return sitting.take();
}

void Gate::send_away(const base::Error& why) {
  for (const auto& seat : std::list(waiting_)) loop_.post([seat, why] { seat->called.set(why); });
}

}  // namespace gateway
