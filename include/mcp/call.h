// Call: what a handler knows about the call it serves, and what it can tell the caller meanwhile.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "mcp/json.h"
#include "mcp/protect.h"
#include "mcp/task.h"

namespace mcp {

// How important a log message is; the caller chooses the least level it wants.
enum class LogLevel { debug, info, notice, warning, error, critical, alert, emergency };

// Who a peer says it is. Self-reported: good for logs, not for decisions.
struct PeerInfo {
  std::string name;
  std::string version;
  std::string title = {};
};

namespace detail {

// What stands behind a Call; implemented by the library. Everything but run_here() and sleep() may be called from any thread.
class CallContext {
 public:
  virtual ~CallContext() = default;
  virtual void progress(double done, std::optional<double> total, std::string message) = 0;
  virtual void log(LogLevel level, std::string logger, std::string data_json) = 0;
  virtual std::stop_token stop_token() const = 0;
  virtual const PeerInfo& client() const = 0;
  virtual const Principal& principal() const = 0;
  virtual std::string_view meta() const = 0;
  virtual std::string_view answers() const = 0;
  virtual std::string_view state() const = 0;
  virtual bool client_can(std::string_view capability) const = 0;
  virtual void status(std::string text) = 0;
  virtual Task<void> begin_task() = 0;
  virtual void close_stream(std::chrono::milliseconds retry) { (void)retry; }
  virtual Task<void> sleep(std::chrono::milliseconds delay) = 0;
  virtual Task<void> run_blocking(std::function<void()> work) = 0;
};

}  // namespace detail

// One call of a tool, prompt or resource, as its handler sees it. Handed over by value; copies are the same call.
// Threads: may be used from any thread, also from inside blocking().
class Call {
 public:
  explicit Call(std::shared_ptr<detail::CallContext> context) : context_(std::move(context)) {}

  // Tells the caller how far the work is. `done` must grow; what does not is dropped. Costs nothing when the caller did not ask.
  void progress(double done, std::optional<double> total = {}, std::string message = {}) const {
    context_->progress(done, total, std::move(message));
  }
  // Sends a log message to the caller, if it asked for this level.
  void log(LogLevel level, std::string_view text, std::string logger = {}) const {
    context_->log(level, std::move(logger), json_quoted(text));
  }
  // The same with any JSON value as its data.
  void log_json(LogLevel level, std::string json, std::string logger = {}) const {
    context_->log(level, std::move(logger), std::move(json));
  }

  // Requested when the caller gave up or went away. A handler that ends by it may end with any error; nobody reads it.
  std::stop_token stop_token() const { return context_->stop_token(); }
  bool cancelled() const { return context_->stop_token().stop_requested(); }

  // Ends the connection on which the caller waits, and tells it to come back for the answer in `retry`: so a long call costs no open
  // connection. What is said meanwhile is kept. Does nothing for callers that cannot come back: only the last revision with sessions
  // can, over HTTP ("Resumability and Redelivery").
  void close_stream(std::chrono::milliseconds retry = std::chrono::milliseconds(1000)) const { context_->close_stream(retry); }

  // Waits without holding a thread. Ends with Code::cancelled as soon as the call is cancelled.
  Task<void> sleep(std::chrono::milliseconds delay) const { return context_->sleep(delay); }

  // Runs `work` on a worker thread, where it may block, and continues here with its value. `work` should watch stop_token().
  //   std::string text = co_await call.blocking(read_it);
  // g++ 12: give it a named function object, not a capturing lambda written inside the co_await expression.
  // A `work` that gives a Result ends the Task with its error.
  template <class F>
  auto blocking(F work) const {
    return run<std::invoke_result_t<F>>(context_, std::move(work));
  }

  // What the client answered to the InputRequest of this key (see ask.h): its result as it came, or nothing yet.
  std::optional<Json> answer(std::string_view key) const {
    auto all = Json::parse(context_->answers());
    if (!all || !(*all)[key]) return std::nullopt;
    auto one = Json::parse((*all)[key].text());
    return one ? std::optional(*std::move(one)) : std::nullopt;
  }
  // The state that the round before gave to ask(), exactly; empty in the first round.
  std::string_view state() const { return context_->state(); }
  // Whether the client declared a capability: `elicitation`, `elicitation.url`, `sampling`, `roots`.
  bool client_can(std::string_view capability) const { return context_->client_can(capability); }

  // Says what a task is doing just now, for those who look after it. Does nothing where the call is no task.
  void status(std::string text) const { context_->status(std::move(text)); }
  // Makes the call a task (see tasks.h) if its caller knows tasks and it is none yet: the caller is answered, and the work goes on.
  // From here on only a cancelled task, not a caller that went away, requests stop_token().
  // Errors: rate_limited (too many tasks), cancelled, internal. Only in a handler that is a Task.
  Task<void> begin_task() const { return context_->begin_task(); }

  const PeerInfo& client() const { return context_->client(); }
  // Who signed in, verified; empty on stdio and on a server that is not protected. Good as long as this Call.
  const Principal& principal() const { return context_->principal(); }
  // The request's _meta object as JSON text; `{}` when it had none.
  std::string_view meta() const { return context_->meta(); }

 private:
  template <class R>
  struct Plain {
    using Type = R;
  };
  template <class T>
  struct Plain<Result<T>> {
    using Type = T;
  };

  template <class R, class F>
  static Task<typename Plain<R>::Type> run(std::shared_ptr<detail::CallContext> context, F work) {
    if constexpr (std::is_void_v<R>) {
      std::function<void()> job = std::move(work);
      co_await context->run_blocking(std::move(job));
    } else {
      auto out = std::make_shared<std::optional<R>>();
      std::function<void()> job = [out, inner = std::move(work)]() mutable { out->emplace(inner()); };
      co_await context->run_blocking(std::move(job));
      if constexpr (std::is_same_v<R, Result<>>)
        co_await std::move(**out);
      else
        co_return *std::move(*out);
    }
  }

  std::shared_ptr<detail::CallContext> context_;
};

}  // namespace mcp
