#include "sdk/stdio_endpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "base/json.h"
#include "protocol/message.h"
#include "sdk/deprecations.h"
#include "sdk/dispatch.h"
#include "sdk/once.h"
#include "sdk/quirk_report.h"

namespace sdk {

using protocol::InboundKind;
using protocol::Method;

// The way from one request, or from the process's stream, to the output.
class StdioEndpoint::Line final : public Outlet {
 public:
  Line(StdioEndpoint& endpoint, std::stop_token stop) : endpoint_(endpoint), stop_(std::move(stop)) {}

  Result<> notify(Method method, std::string_view params) override {
    if (done_ || endpoint_.broken_) return Error(Code::cancelled, "nobody reads any more");
    if (endpoint_.queued_ > endpoint_.options_.max_waiting_bytes) return Error(Code::rate_limited, "the client reads too slowly");
    std::string text = protocol::encode_notification(protocol::method_name(method), params);
    for (const auto& waiting : endpoint_.queue_)
      if (std::string_view(waiting).substr(0, waiting.size() - 1) == text) return {};
    endpoint_.send(std::move(text));
    return {};
  }

  Task<std::string> request(Method method, std::string params) override { return request_until({}, method, std::move(params)); }

  Task<std::string> request_until(std::stop_token stop, Method method, std::string params) override {
    auto session = endpoint_.session_;
    if (!session) co_return Error(Code::denied, "this client cannot be asked: it has not said initialize");
    auto answer = std::make_shared<base::OneShot<std::string>>();
    std::string id = session->ask([answer](Result<std::string> result) { answer->set(std::move(result)); });
    endpoint_.send(protocol::encode_request(id, protocol::method_name(method), params));
    auto cancel = [answer] { answer->set(Error(Code::cancelled, "the call was cancelled before the client answered")); };
    std::stop_callback on_stop(stop_, cancel), on_other(std::move(stop), cancel);
    Result<std::string> result = co_await answer->wait();
    session->give_up(id);
    if (!result && result.error().code == Code::cancelled) (void)notify(Method::cancelled, "{\"requestId\":" + id + "}");
    co_return result;
  }

  std::stop_token stop_token() const override { return stop_; }
  Loop& loop() override { return endpoint_.loop_; }
  void done() { done_ = true; }

 private:
  StdioEndpoint& endpoint_;
  std::stop_token stop_;
  bool done_ = false;
};

StdioEndpoint::StdioEndpoint(Loop& loop, Handler& handler, StdioEndpointOptions options)
    : loop_(loop), handler_(handler), options_(std::move(options)), front_(options_.front), in_(loop.executor()), out_(loop.executor()) {}

StdioEndpoint::~StdioEndpoint() {
  if (in_flags_ >= 0 && in_.is_open()) ::fcntl(in_.native_handle(), F_SETFL, in_flags_);
  if (out_flags_ >= 0 && out_.is_open()) ::fcntl(out_.native_handle(), F_SETFL, out_flags_);
}

Task<void> StdioEndpoint::run(int in, int out) {
  // Both are duplicated: whoever gave them may go on using them.
  base::ErrorCode ec;
  int in_copy = ::fcntl(in, F_DUPFD_CLOEXEC, 0), out_copy = ::fcntl(out, F_DUPFD_CLOEXEC, 0);
  in_flags_ = ::fcntl(in_copy, F_GETFL);
  out_flags_ = ::fcntl(out_copy, F_GETFL);
  if (in_copy < 0 || out_copy < 0) {
    ::close(in_copy), ::close(out_copy);
    co_await mcp::fail(Code::unavailable, "standard input or output is closed");
  }
  in_.assign(in_copy, ec);
  if (!ec) out_.assign(out_copy, ec);
  if (ec) co_await mcp::fail(Code::unavailable, "standard input or output: " + ec.message());

  writer_.spawn(write());
  if (!stopped_) co_await read();
  closing_ = true;
  streams_.request_stop();
  {
    auto cut = [this] {
      for (auto& [id, stop] : std::map(running_)) stop.request_stop();
    };
    base::Deadline grace(loop_.timers(), base::Timers::now() + options_.end_grace, cut);
    co_await tasks_.join();
  }
  over_ = true;
  wake_.raise();
  co_await writer_.join();
  if (session_) {
    session_->close();
    handler_.session_ended(*session_);
  }
}

void StdioEndpoint::stop() {
  stopped_ = true;
  base::ErrorCode ec;
  if (in_.is_open()) in_.cancel(ec);
}

Task<void> StdioEndpoint::read() {
  std::string buffer;
  std::size_t scanned = 0;
  bool skipping = false;
  std::string chunk(64 * 1024, '\0');
  while (!stopped_) {
    while (queued_ > options_.max_waiting_bytes && !broken_) co_await drained_.wait();
    if (broken_) break;
    auto [ec, n] = co_await in_.async_read_some(base::asio::buffer(chunk), base::use_task);
    if (n > 0) buffer.append(chunk.data(), n);
    std::size_t begin = 0;
    for (std::size_t end; (end = buffer.find('\n', std::max(begin, scanned))) != std::string::npos; begin = end + 1) {
      if (std::exchange(skipping, false)) continue;
      std::string_view line(buffer.data() + begin, end - begin);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty()) continue;
      if (line.size() > options_.max_line) {
        refuse_long();
        continue;
      }
      auto text = std::make_shared<std::string>();
      text->reserve(base::room_for_json(line.size()));
      *text = line;
      co_await serve(std::move(text));
    }
    buffer.erase(0, begin);
    scanned = buffer.size();
    if (buffer.size() > options_.max_line) {
      if (!skipping) refuse_long();
      skipping = true;
      buffer.clear();
      scanned = 0;
    }
    if (ec) break;
  }
}

void StdioEndpoint::refuse_long() {
  send(protocol::encode_error({}, protocol::invalid_request("a message is longer than " + std::to_string(options_.max_line) + " bytes")));
}

Task<void> StdioEndpoint::write() {
  std::string out;
  for (;;) {
    if (queue_.empty()) {
      if (over_ || broken_) co_return;
      co_await wake_.wait();
      continue;
    }
    out.clear();
    for (auto& message : queue_) out += message;
    queue_.clear();
    auto [ec, n] = co_await base::asio::async_write(out_, base::asio::buffer(out), base::use_task);
    queued_ -= out.size();
    if (ec) {
      broken_ = true;
      queue_.clear();
      queued_ = 0;
      stop();
      for (auto& [id, stop] : std::map(running_)) stop.request_stop();
    }
    drained_.raise();
  }
}

void StdioEndpoint::send(std::string message) {
  if (broken_) return;
  message = protocol::one_line(std::move(message));
  message += '\n';
  queued_ += message.size();
  queue_.push_back(std::move(message));
  wake_.raise();
}

void StdioEndpoint::fill(Inbound& in) {
  if (in.modern()) {
    const auto& meta = in.rpc.params.meta;
    if (!meta.client_info.empty()) in.client_info = meta.client_info;
    if (!meta.client_capabilities.empty()) in.client_capabilities = meta.client_capabilities;
    in.log_level = in.rpc.log_level;
  } else if (session_) {
    in.session = session_;
    in.rpc.revision = &session_->revision();
    in.client_info = session_->client_info();
    in.client_capabilities = session_->client_capabilities();
    in.log_level = session_->log_level();
  }
}

// Runs in the reader until what comes next may overtake it: requests go on in the background, the handshake does not.
Task<void> StdioEndpoint::serve(std::shared_ptr<std::string> text) {
  protocol::Received received = front_.receive(*text);
  if (auto* refusal = std::get_if<protocol::Refusal>(&received)) {
    report_quirks(refusal->quirks, options_.front.strictness, session_ ? session_->client_info() : "{}", {});
    if (!refusal->body.empty()) send(std::move(refusal->body));
    co_return;
  }
  Inbound in;
  in.rpc = std::get<protocol::Inbound>(std::move(received));
  fill(in);
  report_quirks(in.rpc.quirks, options_.front.strictness, in.client_info, {});
  if (in.modern() && in.log_level) report_deprecated(peer_name(in.client_info), protocol::Deprecated::logging);
  switch (in.rpc.kind) {
    case InboundKind::request:
      if (in.method() == Method::initialize && !in.modern())
        co_await serve_initialize(std::move(in));
      else if (!in.modern() && !session_ && in.method() != Method::ping)
        send(protocol::encode_error(in.rpc.message.id, protocol::invalid_request("send initialize first")));
      else if (running_.size() >= options_.max_requests)
        send(protocol::encode_error(in.rpc.message.id, protocol::to_rpc(Error(Code::rate_limited, "too many requests are in flight"))));
      else
        tasks_.spawn(serve_request(std::move(text), std::move(in)));
      break;
    case InboundKind::batch: tasks_.spawn(serve_batch(std::move(text), std::move(in))); break;
    default: notice(in);
  }
}

void StdioEndpoint::notice(const Inbound& in) {
  if (in.rpc.kind == InboundKind::response) {
    if (session_) session_->answered(in.rpc.message);
  } else if (in.method() == Method::cancelled) {
    auto found = running_.find(in.rpc.params.request_id);
    if (found != running_.end()) std::stop_source(found->second).request_stop();
  } else if (in.method() == Method::initialized) {
    if (session_ && !std::exchange(streaming_, true)) tasks_.spawn(serve_stream());
  } else {
    handler_.notified(in);
  }
}

Task<void> StdioEndpoint::serve_request(std::shared_ptr<std::string> text, Inbound in) {
  (void)text;
  if (!in.rpc.revision) in.rpc.revision = &protocol::latest_legacy();
  Question question(in);
  std::string id(question.id);
  std::stop_source stop;
  if (!running_.emplace(id, stop).second) {
    send(protocol::encode_error(id, protocol::invalid_request("a request with this id is running already")));
    co_return;
  }
  std::optional<std::stop_callback<std::function<void()>>> with_streams;
  if (in.method() == Method::subscriptions_listen) {
    auto end = [stop]() mutable { stop.request_stop(); };
    with_streams.emplace(streams_.get_token(), std::move(end));
  }
  Line line(*this, stop.get_token());
  Result<Reply> reply = Reply();
  if (is_own(question.method))
    reply = co_await answer_own(handler_, options_.front.revisions, std::move(in)).result();
  else
    reply = co_await handler_.handle(std::move(in), line).result();
  with_streams.reset();
  line.done();
  running_.erase(id);
  // What was cancelled gets no answer, unless it is the server that ends.
  if (stop.stop_requested() && !closing_) co_return;
  send(encode_answer(question, std::move(reply), handler_.server_info()).message);
}

Task<void> StdioEndpoint::serve_initialize(Inbound in) {
  Question question(in);
  std::string id(question.id);
  protocol::LegacySession settled(options_.front.revisions);
  Inbound copy = in;
  Result<protocol::ServerIdentity> identity = co_await handler_.identity(std::move(copy)).result();
  if (!identity) {
    send(protocol::encode_error(id, protocol::to_rpc(identity.error())));
  } else if (session_) {
    send(protocol::encode_error(id, protocol::invalid_request("this process has been initialized already")));
  } else if (auto result = settled.initialize(in.rpc, *identity); !result) {
    send(protocol::encode_error(id, result.error()));
  } else {
    front_.negotiated(settled.revision());
    session_ = std::make_shared<Session>("stdio", std::move(settled));
    send(protocol::encode_result(id, *result));
  }
}

Task<void> StdioEndpoint::serve_stream() {
  Inbound in;
  in.rpc.era = protocol::Era::legacy;
  in.rpc.kind = InboundKind::open_stream;
  fill(in);
  Line line(*this, streams_.get_token());
  (void)co_await handler_.stream(std::move(in), line).result();
  line.done();
}

Task<void> StdioEndpoint::serve_batch(std::shared_ptr<std::string> text, Inbound in) {
  (void)text;
  std::vector<std::string> answers;
  Line line(*this, streams_.get_token());
  auto messages = std::move(in.rpc.batch);
  for (auto& message : messages) {
    if (!message) {
      answers.push_back(protocol::encode_error(message.error().id, message.error()));
      continue;
    }
    Inbound one = in;
    one.rpc.message = *message;
    auto params = protocol::read_params(message->params);
    if (params) one.rpc.params = *params;
    if (message->kind != protocol::MessageKind::request) {
      one.rpc.kind = message->kind == protocol::MessageKind::notification ? InboundKind::notification : InboundKind::response;
      notice(one);
      continue;
    }
    one.rpc.kind = InboundKind::request;
    Question question(one);
    Result<Reply> reply = Reply();
    if (!params) {
      reply = Reply(std::move(params.error()));
    } else if (!session_ || one.method() == Method::initialize || !options_.front.methods.has(one.method())) {
      reply = Reply(protocol::method_not_found(message->method));
    } else {
      one.rpc.name = batch_name(one.rpc);
      if (is_own(question.method))
        reply = co_await answer_own(handler_, options_.front.revisions, std::move(one)).result();
      else
        reply = co_await handler_.handle(std::move(one), line).result();
    }
    if (!question.revision) question.revision = &protocol::latest_legacy();
    answers.push_back(encode_answer(question, std::move(reply), handler_.server_info()).message);
  }
  if (!answers.empty()) send(protocol::encode_batch(answers));
}

}  // namespace sdk
