// What stands behind a mcp::Call on the server's side.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/blocking.h"
#include "mcp/call.h"
#include "oauth/principal.h"
#include "sdk/handler.h"

namespace sdk {

// The call that a handler serves. When the handler has ended, end() cuts it off from the wire; copies of the Call may live on and do
// nothing then.
// Threads: as mcp::detail::CallContext says; end() on the loop.
class CallState final : public mcp::detail::CallContext, public std::enable_shared_from_this<CallState> {
 public:
  CallState(Loop& loop, base::BlockingPool& pool, const Inbound& in, Outlet& out);

  void end();

  // A call that may become a task. Its stop token is its own from here on; until outlive_request() a request that is given up stops it too.
  // Before the handler runs.
  using OnStatus = std::function<void(std::string text)>;
  using OnBegin = std::function<Task<void>()>;
  void may_be_task(OnStatus on_status, OnBegin on_begin);
  // The request has been answered, and the work goes on: nothing reaches the wire from here on.
  void outlive_request();
  // Requests the stop token. Only after may_be_task().
  void stop() { own_stop_->request_stop(); }

  // What an earlier round of the call found out.
  void answered(std::string answers, std::string state) {
    answers_ = std::move(answers);
    state_ = std::move(state);
  }
  // Null once ended.
  Outlet* outlet() { return out_; }

  void progress(double done, std::optional<double> total, std::string message) override;
  void log(mcp::LogLevel level, std::string logger, std::string data_json) override;
  std::stop_token stop_token() const override { return stop_; }
  const mcp::PeerInfo& client() const override;
  const mcp::Principal& principal() const override { return principal_; }
  std::string_view meta() const override { return meta_; }
  std::string_view answers() const override { return answers_; }
  std::string_view state() const override { return state_; }
  bool client_can(std::string_view capability) const override { return protocol::declares_capability(capabilities_, capability); }
  void status(std::string text) override;
  Task<void> begin_task() override;
  void close_stream(std::chrono::milliseconds retry) override;
  Task<void> sleep(std::chrono::milliseconds delay) override;
  Task<void> run_blocking(std::function<void()> work) override;

 private:
  void send(protocol::Method method, std::string params);

  Loop& loop_;
  base::BlockingPool& pool_;
  Outlet* out_;  // on the loop only; null once ended
  std::stop_token stop_;
  std::optional<std::stop_source> own_stop_;
  std::optional<std::stop_callback<std::function<void()>>> with_request_;
  OnStatus on_status_;
  OnBegin on_begin_;
  std::string progress_token_;
  bool progress_message_;
  std::optional<protocol::LogLevel> log_level_;
  std::string meta_;
  std::string capabilities_;
  std::string answers_ = "{}", state_;
  mutable std::mutex mutex_;
  std::optional<double> last_progress_;
  mutable std::optional<mcp::PeerInfo> client_;
  std::string client_info_;
  mcp::Principal principal_;
};

}  // namespace sdk
