// How many requests are with one upstream at once, and who waits for a place.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/loop.h"

namespace gateway {

// First come, first served.
// Threads: one loop only. Outlives its passes, and nobody waits when it is destroyed.
class Gate {
 public:
  // `places` may be inside at once, `seats` may wait for one.
  Gate(base::Loop& loop, std::size_t places, std::size_t seats) : loop_(loop), places_(places), seats_(seats) {}

  // A place, given back when it is destroyed.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(&gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      std::swap(gate_, other.gate_);
      return *this;
    }
    ~Pass() {
      if (gate_) gate_->leave();
    }

   private:
    Gate* gate_;
  };

  // A place, if one is free and nobody waits.
  std::optional<Pass> try_enter();
  // No seat is free.
  bool full() const { return waiting_.size() >= seats_; }
  // Waits for a place. Only when not full(). Errors: timeout, cancelled, or what send_away() gave.
  base::Task<Pass> wait(std::stop_token stop, base::Instant deadline);
  // From now on. Who is inside or waits stays.
  void resize(std::size_t places, std::size_t seats);
  // Ends all waiting with this error.
  void send_away(const base::Error& why);

  std::size_t inside() const { return inside_; }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Seat;
  class Sitting;
  void leave();
  void let_in();

  base::Loop& loop_;
  std::size_t places_, seats_;
  std::size_t inside_ = 0;
  std::list<std::shared_ptr<Seat>> waiting_;
};

}  // namespace gateway
