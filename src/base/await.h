// Joins Asio operations and one-shot events to Task.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <coroutine>
#include <optional>
#include <tuple>
#include <utility>

#include "mcp/task.h"

namespace base {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using mcp::Task;

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Executor = asio::io_context::executor_type;

// The completion token that makes an Asio operation awaitable in a Task:
//   auto [ec, n] = co_await socket.async_read_some(buffer, base::use_task);
// The operation starts when awaited. The frame must outlive it: close the object, or stop its loop, before destroying the frame.
struct UseTask {};
inline constexpr UseTask use_task;

template <class Initiation, class Arguments, class... Values>
class IoAwait {
 public:
  IoAwait(Initiation initiation, Arguments arguments) : initiation_(std::move(initiation)), arguments_(std::move(arguments)) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = waiter;
    std::apply([&](auto&&... a) { std::move(initiation_)(Done{this}, std::move(a)...); }, std::move(arguments_));
  }
  std::tuple<Values...> await_resume() { return std::move(values_); }

 private:
  struct Done {
    IoAwait* self;
    void operator()(Values... values) {
      self->values_ = std::tuple<Values...>(std::move(values)...);
      self->waiter_.resume();
    }
  };
  Initiation initiation_;
  Arguments arguments_;
  std::coroutine_handle<> waiter_;
  std::tuple<Values...> values_;
};

// A value that one coroutine waits for and another place sets.
// Threads: one loop only. The first set() wins and resumes the waiter inside the call; later ones are ignored.
// At most one waiter at a time. Must outlive its waiter.
template <class T>
class OneShot {
 public:
  bool ready() const { return value_.has_value(); }
  void set(Result<T> value) {
    if (value_) return;
    value_.emplace(std::move(value));
    if (auto waiter = std::exchange(waiter_, {})) waiter.resume();
  }
  // Gives the Result as a value; does not end the waiter's Task by itself.
  auto wait() {
    struct Wait {
      OneShot* self;
      bool await_ready() const noexcept { return self->value_.has_value(); }
      void await_suspend(std::coroutine_handle<> waiter) noexcept { self->waiter_ = waiter; }
      Result<T> await_resume() { return std::move(*self->value_); }
    };
    return Wait{this};
  }

 private:
  std::optional<Result<T>> value_;
  std::coroutine_handle<> waiter_;
};

// A flag that may be raised many times: wait() resumes at the next raise(), or at once if raised since the last wait.
// Threads: one loop only; at most one waiter. raise() resumes the waiter inside the call.
class Signal {
 public:
  void raise() {
    raised_ = true;
    if (auto waiter = std::exchange(waiter_, {})) waiter.resume();
  }
  auto wait() {
    struct Wait {
      Signal* self;
      bool await_ready() const noexcept { return self->raised_; }
      void await_suspend(std::coroutine_handle<> waiter) noexcept { self->waiter_ = waiter; }
      void await_resume() noexcept { self->raised_ = false; }
    };
    return Wait{this};
  }

 private:
  bool raised_ = false;
  std::coroutine_handle<> waiter_;
};

// Continues the awaiting coroutine on `executor`'s thread, through its queue.
inline auto resume_on(Executor executor) {
  struct Hop {
    Executor executor;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) {
      asio::post(executor, [waiter] { waiter.resume(); });
    }
    void await_resume() noexcept {}
  };
  return Hop{std::move(executor)};
}

}  // namespace base

template <class R, class... Values>
class boost::asio::async_result<base::UseTask, R(Values...)> {
 public:
  template <class Initiation, class... Arguments>
  static auto initiate(Initiation initiation, base::UseTask, Arguments... arguments) {
    return base::IoAwait<Initiation, std::tuple<Arguments...>, std::decay_t<Values>...>(std::move(initiation),
                                                                                        std::tuple<Arguments...>(std::move(arguments)...));
  }
};
