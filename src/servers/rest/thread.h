// The thread on which the REST servers of this process talk to the world, and the way there from a handler and back.
#pragma once

#include <future>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/loop.h"

namespace servers::rest {

// One loop with a thread of its own, for all that hold it.
// Threads: any. Must not be let go of on its own thread.
class Thread {
 public:
  // The process's one; begins with the first who asks, ends with the last who lets go.
  static std::shared_ptr<Thread> shared();

  Thread();
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  base::Loop& loop() { return loop_; }
  // Starts work that ends by itself. On its loop only.
  base::TaskGroup& last_works() { return *last_works_; }

 private:
  base::Loop loop_{1};
  std::unique_ptr<base::TaskGroup> last_works_;
  std::thread thread_;
};

// Waits on one loop for what happens on another. Made and awaited on `here`; set() is called once, from anywhere.
// The waiting coroutine may be destroyed meanwhile: then nothing is resumed.
template <class T>
class Crossing {
 public:
  explicit Crossing(base::Loop& here) : here_(here) {}

  void set(base::Result<T> value, const std::shared_ptr<Crossing>& self) {
    std::lock_guard lock(mutex_);
    value_.emplace(std::move(value));
    if (gone_) return;
    auto wake = [self] {
      if (auto waiter = std::exchange(self->waiter_, {})) waiter.resume();
    };
    here_.post(wake);
  }

  // The awaitable. Gives the Result as a value. Plain, so that it may be copied about.
  struct Wait {
    Crossing* self;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) {
      self->waiter_ = waiter;
      // Taken out, as it holds this Crossing.
      auto start = std::exchange(self->start_, nullptr);
      start();
    }
    base::Result<T> await_resume() { return std::move(*self->value_); }
  };
  Wait wait() { return {this}; }
  // The waiting coroutine ends, resumed or not.
  void leave() {
    std::lock_guard lock(mutex_);
    gone_ = true;
    waiter_ = {};
  }

  // Begins the other side; called when the waiter is known.
  void when_awaited(std::function<void()> start) { start_ = std::move(start); }

 private:
  base::Loop& here_;
  std::mutex mutex_;
  bool gone_ = false;
  std::optional<base::Result<T>> value_;
  std::coroutine_handle<> waiter_;  // touched on `here` only
  std::function<void()> start_;
};

}  // namespace servers::rest
