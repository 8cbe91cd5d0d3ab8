// A small pool for work that blocks: SQLite, file reads, name look-ups.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/loop.h"

namespace base {

// Threads that may block, so that no loop ever does.
// Owns: its threads; destroying it waits for the work that has begun and drops the rest.
// Threads: run() may be called on any loop.
class BlockingPool {
 public:
  explicit BlockingPool(std::size_t threads = 4) : pool_(threads) {}
  ~BlockingPool() {
    pool_.stop();
    pool_.join();
  }

  // Runs `work` (no arguments, returns a value, a Result or nothing) on the pool and continues on `here`, the loop of the awaiting
  // coroutine. Once begun it cannot be cancelled; a destroyed waiter is not resumed. Give `work` what it needs by value.
  template <class Work>
  auto run(Loop& here, Work work) {
    using Raw = std::invoke_result_t<Work&>;
    return Job<typename Value<Raw>::type, Work>{this, &here, std::make_shared<State<typename Value<Raw>::type, Work>>(std::move(work))};
  }

  // Posts work that nobody waits for; for interfaces that are not coroutines.
  void post(std::function<void()> work) { asio::post(pool_, std::move(work)); }

 private:
  template <class T>
  struct Value {
    using type = T;
  };
  template <class T>
  struct Value<Result<T>> {
    using type = T;
  };

  template <class T, class Work>
  struct State {
    explicit State(Work w) : work(std::move(w)) {}
    Work work;
    std::optional<Result<T>> result;
    std::coroutine_handle<> waiter;  // touched on the waiter's loop only
  };

  // The awaitable of run(); gives a Result.
  template <class T, class Work>
  struct Job {
    BlockingPool* pool;
    Loop* here;
    std::shared_ptr<State<T, Work>> state;

    Job(BlockingPool* p, Loop* h, std::shared_ptr<State<T, Work>> s) : pool(p), here(h), state(std::move(s)) {}
    Job(Job&&) noexcept = default;
    ~Job() {
      if (state) state->waiter = {};
    }
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) {
      state->waiter = waiter;
      auto job = [shared = state, executor = here->executor()]() mutable {
        if constexpr (std::is_void_v<std::invoke_result_t<Work&>>) {
          shared->work();
          shared->result.emplace();
        } else {
          shared->result.emplace(shared->work());
        }
        auto wake = [shared] {
          if (shared->waiter) std::exchange(shared->waiter, {}).resume();
        };
        asio::post(executor, std::move(wake));
      };
      asio::post(pool->pool_, std::move(job));
    }
    Result<T> await_resume() { return std::move(*state->result); }
  };

  asio::thread_pool pool_;
};

}  // namespace base
