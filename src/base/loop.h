// One thread's world: an io_context, coarse timers, and a place for background work.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <vector>

#include "base/await.h"
#include "base/task_group.h"

namespace base {

using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;
using Millis = std::chrono::milliseconds;

// Many deadlines on one system timer. Deadlines are kept to within kTick, never early.
// Threads: one loop only. Callbacks run on the loop, outside any add() or cancel().
class Timers {
 public:
  static constexpr Millis kTick{20};
  using Id = std::uint64_t;

  explicit Timers(asio::io_context& io) : timer_(io) {}

  // Calls `run` once at `when`, unless cancelled before.
  Id add(Instant when, std::function<void()> run);
  // True if it had not run. Unknown ids are ignored.
  bool cancel(Id id);
  // Drops everything, without calling it.
  void clear();
  // Waits for at least `delay`; ends early, without an error, once `stop` is requested (from this loop's thread).
  Task<void> sleep(Millis delay, std::stop_token stop = {});
  // The time that deadlines are of.
  static Instant now() { return Clock::now() + passed_; }
  // For tests, which do not wait: from now on it is `time` later, for all loops of the process, and what is due on this one runs
  // with its next turn.
  void pass(Millis time);

 private:
  void arm();
  void fire();

  asio::steady_timer timer_;
  std::multimap<Instant, std::pair<Id, std::function<void()>>> due_;
  std::map<Id, std::multimap<Instant, std::pair<Id, std::function<void()>>>::iterator> by_id_;
  Instant armed_for_ = Instant::max();
  Id next_ = 1;
  static inline Clock::duration passed_{};
};

// A deadline that is cancelled when this goes out of scope.
class Deadline {
 public:
  Deadline() = default;
  Deadline(Timers& timers, Instant when, std::function<void()> run) : timers_(&timers), id_(timers.add(when, std::move(run))) {}
  Deadline(Deadline&& other) noexcept : timers_(std::exchange(other.timers_, nullptr)), id_(other.id_) {}
  Deadline& operator=(Deadline&& other) noexcept {
    std::swap(timers_, other.timers_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~Deadline() {
    if (timers_) timers_->cancel(id_);
  }

 private:
  Timers* timers_ = nullptr;
  Timers::Id id_ = 0;
};

// One thread's world. Everything with state belongs to one Loop; what is on another loop is reached by on().
class Loop {
 public:
  explicit Loop(std::size_t index = 0) : index_(index), io_(1), timers_(io_) {}
  ~Loop();

  Executor executor() { return io_.get_executor(); }
  asio::io_context& io() { return io_; }
  Timers& timers() { return timers_; }
  std::size_t index() const { return index_; }
  bool here() { return io_.get_executor().running_in_this_thread(); }

  // Runs `work` on this loop's thread, later. May be called from any thread.
  void post(std::function<void()> work) { asio::post(io_, std::move(work)); }

  // Runs until stop(); returns at once after it. Keeps running when there is nothing to do.
  void run();
  void stop() { io_.stop(); }

  // Runs `task` on this loop from its own thread and returns what it ended with. For main, commands and tests: the loop must not
  // be running elsewhere.
  template <class T>
  Result<T> block_on(Task<T> task) {
    std::optional<Result<T>> out;
    TaskGroup group;
    auto whole = [](Loop* loop, Task<T> inner, std::optional<Result<T>>* slot) -> Task<void> {
      slot->emplace(co_await std::move(inner).result());
      loop->io_.stop();
    };
    group.spawn(whole(this, std::move(task), &out));
    if (!out) {
      io_.restart();
      run();
    }
    io_.restart();
    if (!out) return Error(Code::cancelled, "the loop was stopped");
    return std::move(*out);
  }

 private:
  std::size_t index_;
  asio::io_context io_;
  Timers timers_;
};

// Waits for `event` until `deadline`, or until `stop` is requested on this loop. Errors: timeout, cancelled, or the event's own.
template <class T>
Task<T> wait_for(OneShot<T>& event, Timers& timers, std::stop_token stop, Instant deadline) {
  Deadline late(timers, deadline, [&event] { event.set(Error(Code::timeout, "the deadline passed")); });
  auto give_up = [&event] { event.set(Error(Code::cancelled, "the caller gave up")); };
  std::stop_callback on_stop(std::move(stop), give_up);
  if constexpr (std::is_void_v<T>)
    co_await co_await event.wait();
  else
    co_return co_await event.wait();
}

// Many that wait for one thing to happen.
// Threads: one loop only. Waiters go on inside wake(); ones that come meanwhile wait for the next.
class Waiters {
 public:
  // Errors: what wake() gave, timeout, cancelled.
  Task<void> wait(Timers& timers, std::stop_token stop, Instant deadline);
  void wake(const Result<>& outcome);

 private:
  std::vector<OneShot<void>*> events_;
};

// Runs `task` on `there` and continues here with what it ended with. `here` is the loop of the awaiting coroutine.
// The Task must not hold references to things that only `here`'s thread may touch.
template <class T>
Task<T> on(Loop& there, Loop& here, Task<T> task) {
  if (&there == &here) co_return co_await std::move(task);
  co_await resume_on(there.executor());
  Result<T> result = co_await std::move(task).result();
  co_await resume_on(here.executor());
  if constexpr (std::is_void_v<T>)
    co_await std::move(result);
  else
    co_return std::move(result);
}

}  // namespace base
