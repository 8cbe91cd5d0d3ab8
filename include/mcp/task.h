// Task: the one coroutine type. A Task<T> ends with a T or with an Error.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

#include "mcp/result.h"

namespace mcp {

template <class T = void>
class Task;

namespace detail {

// Memory for coroutine frames. A thread keeps the frames it frees, up to a bound, for the next ones of about that size.
void* allocate_frame(std::size_t size);
void free_frame(void* frame, std::size_t size) noexcept;

// What all promises share: who waits, and how an error leaves through the ones that wait.
// Threads: a Task runs where it is resumed; the atomic lets the first suspension race with a completion elsewhere.
class PromiseBase {
 public:
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }

  std::suspend_always initial_suspend() noexcept { return {}; }
  auto final_suspend() noexcept {
    struct Final {
      PromiseBase* self;
      bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<>) noexcept { self->finish(); }
      void await_resume() noexcept {}
    };
    return Final{this};
  }

  virtual void fail(Error error) = 0;
  virtual Error* failure() = 0;

  // Resumes the child coroutine until it suspends or ends. True when `waiter` has to stay suspended.
  // `heir` (may be null) is ended with the child's error, without being resumed; its frame is then destroyed by its owner.
  bool start(std::coroutine_handle<> self, std::coroutine_handle<> waiter, PromiseBase* heir) {
    waiter_ = waiter;
    heir_ = heir;
    self.resume();
    if (state_.exchange(kAwaited, std::memory_order_acq_rel) != kFinished) return true;
    if (!heir || !failure()) return false;
    leave(heir, std::move(*failure()));
    return true;
  }

  // Ends the Task of `promise` with `error` at the await where it is suspended.
  static void leave(PromiseBase* promise, Error error) {
    promise->fail(std::move(error));
    promise->finish();
  }

 protected:
  ~PromiseBase() = default;

 private:
  enum State : unsigned char { kStarted, kAwaited, kFinished };

  void finish() noexcept {
    if (state_.exchange(kFinished, std::memory_order_acq_rel) != kAwaited) return;
    if (heir_ && failure()) return leave(heir_, std::move(*failure()));
    waiter_.resume();
  }

  std::coroutine_handle<> waiter_;
  PromiseBase* heir_ = nullptr;
  std::atomic<State> state_ = kStarted;
};

// Awaits a Result: its value, or the end of the awaiting Task.
template <class U>
struct Try {
  Result<U> result;
  bool await_ready() const noexcept { return result.ok(); }
  template <class P>
  void await_suspend(std::coroutine_handle<P> outer) {
    PromiseBase::leave(&outer.promise(), Error(std::move(result).error()));
  }
  U await_resume() { return *std::move(result); }
};

// Awaits a Task: its value, or the end of the awaiting Task.
template <class T, class P>
struct Value {
  std::coroutine_handle<P> child;
  bool await_ready() const noexcept { return false; }
  template <class Q>
  bool await_suspend(std::coroutine_handle<Q> outer) {
    return child.promise().start(child, outer, &outer.promise());
  }
  T await_resume() { return *std::move(*child.promise().out); }
};

template <class T>
class Promise : public PromiseBase {
 public:
  void unhandled_exception() {
    try {
      throw;
    } catch (const std::exception& e) {
      fail(Error(Code::internal, std::string("an exception crossed a wall: ") + e.what(), "internal error"));
    } catch (...) {
      fail(Error(Code::internal, "an exception crossed a wall", "internal error"));
    }
  }
  void fail(Error error) final { out.emplace(std::move(error)); }
  Error* failure() final { return out->ok() ? nullptr : &out->error(); }

  // `co_await result` in a Task: the value, or the Task ends with the error.
  template <class U>
  Try<U> await_transform(Result<U> result) {
    return {std::move(result)};
  }
  template <class A>
  A&& await_transform(A&& awaitable) {
    return static_cast<A&&>(awaitable);
  }

  std::optional<Result<T>> out;

 protected:
  ~Promise() = default;
};

template <class T>
class ReturnPromise final : public Promise<T> {
 public:
  Task<T> get_return_object();
  void return_value(Result<T> result) { this->out.emplace(std::move(result)); }
};

template <>
class ReturnPromise<void> final : public Promise<void> {
 public:
  Task<void> get_return_object();
  void return_void() { out.emplace(); }
};

}  // namespace detail

// A coroutine that has not started. Awaiting it starts it; it runs on the thread that resumes it.
// `T v = co_await task();` gives the value, or ends the awaiting Task with the same error, running its destructors on the way out.
// `Result<T> r = co_await task().result();` gives either as a value.
// Owns: its frame, and by way of its locals all Tasks it awaits. Destroying a suspended Task destroys what it was doing.
// Lifetime: coroutine parameters are taken by value; a capturing lambda must outlive the Task it returned.
template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::ReturnPromise<T>;

  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Task() {
    if (frame_) frame_.destroy();
  }

  auto operator co_await() && noexcept { return detail::Value<T, promise_type>{frame_}; }

  // The awaitable that never ends the awaiting coroutine. May be awaited by coroutines of other types.
  auto result() && noexcept {
    struct Whole {
      std::coroutine_handle<promise_type> child;
      bool await_ready() noexcept { return false; }
      bool await_suspend(std::coroutine_handle<> outer) { return child.promise().start(child, outer, nullptr); }
      Result<T> await_resume() { return std::move(*child.promise().out); }
    };
    return Whole{frame_};
  }

 private:
  std::coroutine_handle<promise_type> frame_;
};

template <class T>
Task<T> detail::ReturnPromise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<ReturnPromise>::from_promise(*this));
}
inline Task<void> detail::ReturnPromise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<ReturnPromise>::from_promise(*this));
}

}  // namespace mcp
