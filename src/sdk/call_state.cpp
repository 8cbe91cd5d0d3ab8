#include "sdk/call_state.h"

#include "mcp/json.h"

namespace sdk {

CallState::CallState(Loop& loop, base::BlockingPool& pool, const Inbound& in, Outlet& out)
    : loop_(loop),
      pool_(pool),
      out_(&out),
      stop_(out.stop_token()),
      progress_token_(in.rpc.params.meta.progress_token),
      progress_message_(in.revision().features.progress_message),
      log_level_(in.log_level),
      meta_(in.rpc.params.meta.raw.empty() ? "{}" : in.rpc.params.meta.raw),
      capabilities_(in.client_capabilities),
      client_info_(in.client_info) {
  if (in.caller) principal_ = {in.caller->issuer, in.caller->subject, in.caller->client_id, in.caller->scopes};
  // A legacy client that set no level gets what is worth reading; a modern one asked for nothing.
  if (!log_level_ && !in.modern()) log_level_ = protocol::LogLevel::info;
}

void CallState::end() {
  out_ = nullptr;
  with_request_.reset();
}

void CallState::may_be_task(OnStatus on_status, OnBegin on_begin) {
  own_stop_.emplace();
  std::function<void()> follow = [stop = *own_stop_]() mutable { stop.request_stop(); };
  with_request_.emplace(stop_, std::move(follow));
  stop_ = own_stop_->get_token();
  on_status_ = std::move(on_status);
  on_begin_ = std::move(on_begin);
}

void CallState::outlive_request() { end(); }

void CallState::status(std::string text) {
  if (!on_status_) return;
  if (loop_.here()) return on_status_(std::move(text));
  loop_.post([self = shared_from_this(), said = std::move(text)]() mutable { self->on_status_(std::move(said)); });
}

Task<void> CallState::begin_task() {
  if (on_begin_) co_await on_begin_();
}

void CallState::send(protocol::Method method, std::string params) {
  if (loop_.here()) {
    if (out_) (void)out_->notify(method, params);
    return;
  }
  loop_.post([self = shared_from_this(), method, text = std::move(params)] {
    if (self->out_) (void)self->out_->notify(method, text);
  });
}

void CallState::progress(double done, std::optional<double> total, std::string message) {
  if (progress_token_.empty()) return;
  {
    std::lock_guard lock(mutex_);
    if (last_progress_ && done <= *last_progress_) return;
    last_progress_ = done;
  }
  mcp::JsonWriter w;
  w.object().key("progressToken").raw(progress_token_).field("progress", done);
  if (total) w.field("total", *total);
  if (!message.empty() && progress_message_) w.field("message", message);
  w.end();
  send(protocol::Method::progress, std::move(w).text());
}

void CallState::log(mcp::LogLevel level, std::string logger, std::string data_json) {
  auto wire_level = static_cast<protocol::LogLevel>(level);
  if (!log_level_ || wire_level < *log_level_) return;
  mcp::JsonWriter w;
  w.object().field("level", protocol::log_level_name(wire_level));
  if (!logger.empty()) w.field("logger", logger);
  w.key("data").raw(data_json).end();
  send(protocol::Method::message, std::move(w).text());
}

void CallState::close_stream(std::chrono::milliseconds retry) {
  if (loop_.here()) {
    if (out_) out_->close_stream(retry);
    return;
  }
  loop_.post([self = shared_from_this(), retry] {
    if (self->out_) self->out_->close_stream(retry);
  });
}

const mcp::PeerInfo& CallState::client() const {
  std::lock_guard lock(mutex_);
  if (!client_) {
    client_.emplace();
    if (auto info = mcp::Json::parse(client_info_)) {
      client_->name = (*info)["name"].string_or("");
      client_->version = (*info)["version"].string_or("");
      client_->title = (*info)["title"].string_or("");
    }
  }
  return *client_;
}

Task<void> CallState::sleep(std::chrono::milliseconds delay) {
  co_await loop_.timers().sleep(std::chrono::duration_cast<Millis>(delay), stop_);
  if (stop_.stop_requested()) co_await mcp::fail(Code::cancelled, "the call was cancelled");
}

Task<void> CallState::run_blocking(std::function<void()> work) {
  auto guarded = [inner = std::move(work)]() mutable -> Result<> {
    try {
      inner();
      return {};
    } catch (const std::exception& e) {
      return Error(Code::internal, std::string("a worker threw: ") + e.what(), "internal error");
    } catch (...) {
      return Error(Code::internal, "a worker threw", "internal error");
    }
  };
  auto job = pool_.run(loop_, std::move(guarded));
  Result<> done = co_await std::move(job);
  co_await std::move(done);
}

}  // namespace sdk
