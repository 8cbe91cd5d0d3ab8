// The part of HttpEndpoint that serves legacy sessions: their calls outlive connections, and their streams can be taken up again.
#include <algorithm>
#include <cstring>

#include "base/json.h"
#include "net/sse.h"
#include "protocol/message.h"
#include "sdk/dispatch.h"
#include "sdk/event_store.h"
#include "sdk/http_endpoint.h"
#include "sdk/http_reply.h"

namespace sdk {

using net::HttpHeader;
using protocol::Method;

namespace {

using Reader = EventStream::Reader;
using Start = Reader::Start;

StreamKind kind_of(const Session& session) { return session.revision().features.sse_polling ? StreamKind::polled : StreamKind::plain; }

// Wakes a coroutine of `loop` from any thread.
EventStream::Wake waker(Loop& loop, std::shared_ptr<base::Signal> signal) {
  return [at = &loop, signal] {
    if (at->here())
      signal->raise();
    else
      at->post([signal] { signal->raise(); });
  };
}

std::function<void()> canceller(Loop& loop, std::stop_source stop) {
  return [at = &loop, stop]() mutable {
    if (at->here())
      stop.request_stop();
    else
      at->post([stop]() mutable { stop.request_stop(); });
  };
}

bool is_request_id(const std::string& text) { return !text.empty() && base::validate_json(text) && protocol::valid_id(text); }

// An event stream that says of one call that its answer is lost, and nothing else.
Task<void> say_lost(net::HttpExchange& exchange, const std::string& id, std::string_view origin) {
  const Error error(Code::unavailable,
                    "the answer to this call is lost: the instance that ran it has gone, or it was not asked for in time; call again");
  const std::string event = net::sse_message(protocol::encode_error(id, protocol::to_rpc(error)));
  co_await open_event_stream(exchange, origin);
  co_await exchange.write(event);
  co_await exchange.end();
}

}  // namespace

std::shared_ptr<OwnedRequest> OwnedRequest::of(net::HttpRequest& from) {
  auto out = std::make_shared<OwnedRequest>();
  std::size_t size = from.method.size() + from.target.size() + from.peer_address.size();
  for (const auto& line : from.headers) size += line.name.size() + line.value.size();
  out->text_.resize(size);
  char* at = out->text_.data();
  auto keep = [&at](std::string_view text) {
    std::memcpy(at, text.data(), text.size());
    return std::string_view(std::exchange(at, at + text.size()), text.size());
  };
  net::HttpRequest& http = out->http;
  http.method = keep(from.method);
  http.target = keep(from.target);
  http.path = http.target.substr(0, from.path.size());
  if (!from.query.empty()) http.query = http.target.substr(http.target.size() - from.query.size());
  http.peer_address = keep(from.peer_address);
  http.peer_port = from.peer_port;
  http.keep_alive = from.keep_alive;
  for (const auto& line : from.headers) {
    std::string_view name = keep(line.name);
    http.headers.add(name, keep(line.value));
  }
  http.body = std::move(from.body);
  return out;
}

// A call of a legacy session, or the session's own stream: what is said goes into an EventStream, whoever reads it.
class HttpEndpoint::SessionLine final : public Outlet {
 public:
  SessionLine(Loop& loop, std::shared_ptr<Session> session, std::shared_ptr<EventStream> stream)
      : loop_(loop), session_(std::move(session)), stream_(std::move(stream)) {}
  ~SessionLine() {
    if (!key_.empty()) session_->end(key_);
  }

  // It is cancelled by this name, or with its session. False when the name is taken, or the session has ended.
  bool begin(std::string key) {
    if (!session_->begin(key, canceller(loop_, stop_))) return false;
    key_ = std::move(key);
    return true;
  }
  std::stop_source& stop() { return stop_; }
  const std::shared_ptr<Session>& session() const { return session_; }

  Result<> notify(Method method, std::string_view params) override {
    return say(protocol::encode_notification(protocol::method_name(method), params), EventStream::What::notification);
  }

  Task<std::string> request(Method method, std::string params) override { return request_until({}, method, std::move(params)); }

  Task<std::string> request_until(std::stop_token stop, Method method, std::string params) override {
    auto answer = std::make_shared<base::OneShot<std::string>>();
    std::string id = session_->ask([answer, loop = &loop_](Result<std::string> result) {
      auto give = [answer, shared = std::make_shared<Result<std::string>>(std::move(result))] { answer->set(std::move(*shared)); };
      if (loop->here())
        give();
      else
        loop->post(std::move(give));
    });
    Result<> sent = say(protocol::encode_request(id, protocol::method_name(method), params), EventStream::What::request);
    if (!sent) answer->set(std::move(sent).error());
    auto cancel = [answer] { answer->set(Error(Code::cancelled, "the call was cancelled before the client answered")); };
    std::stop_callback on_stop(stop_.get_token(), cancel), on_other(std::move(stop), cancel);
    Result<std::string> result = co_await answer->wait();
    session_->give_up(id);
    if (!result && result.error().code == Code::cancelled) (void)notify(Method::cancelled, "{\"requestId\":" + id + "}");
    co_return result;
  }

  void close_stream(Millis retry) override {
    if (session_->revision().features.sse_polling) keep();
    stream_->hang_up(retry);
  }

  // Makes it an event stream that can be taken up again.
  void open() {
    keep();
    stream_->open();
  }
  Result<> say(std::string message, EventStream::What what) {
    keep();
    return stream_->say(protocol::one_line(std::move(message)), what);
  }
  void end() {
    stream_->end();
    if (kept_) session_->events().ended(stream_, base::Clock::now());
  }

  std::stop_token stop_token() const override { return stop_.get_token(); }
  Loop& loop() override { return loop_; }

 private:
  void keep() {
    if (!std::exchange(kept_, true)) session_->events().keep(stream_);
  }

  Loop& loop_;
  std::shared_ptr<Session> session_;
  std::shared_ptr<EventStream> stream_;
  std::stop_source stop_;
  std::string key_;
  bool kept_ = false;
};

// One request of a session, between its call and the connection that it came on.
struct HttpEndpoint::LegacyCall {
  LegacyCall(Loop& loop, const Inbound& in, std::shared_ptr<EventStream> events)
      : stream(std::move(events)), line(loop, in.session, stream), may_json(in.rpc.accepts_json && !in.rpc.prefers_stream) {}

  std::shared_ptr<EventStream> stream;
  SessionLine line;
  bool may_json;
  // The answer, when nothing was said before it: then it needs no stream.
  std::optional<Answer> plain;
};

Task<void> HttpEndpoint::serve_call(net::HttpExchange& exchange, std::shared_ptr<OwnedRequest> owned, Inbound in, Cors cors) {
  auto stream = in.session->events().make(kind_of(*in.session), in.rpc.message.id);
  auto call = std::make_shared<LegacyCall>(loop_, in, stream);
  Question question(in);
  if (!call->line.begin(std::string(question.id))) {
    Answer taken = encode_answer(question, Reply(protocol::invalid_request("a request with this id is running already")), {});
    (void)co_await respond_json(exchange, taken, cors.origin).result();
    co_return;
  }
  const bool polled = kind_of(*in.session) == StreamKind::polled;
  auto signal = std::make_shared<base::Signal>();
  Reader reader(stream, 0, Start::fresh, waker(loop_, signal));
  calls_.spawn(run_call(std::move(owned), std::move(in), call));
  {
    auto wake = [signal] { signal->raise(); };
    std::stop_callback on_gone(exchange.stop_token(), wake);
    // A call that takes long gets its stream, and with it the id by which a client that loses its connection finds the answer.
    base::Deadline early;
    auto open = [call] { call->line.open(); };
    if (polled) early = base::Deadline(loop_.timers(), base::Timers::now() + options_.open_stream_after, open);
    while (!stream->began() && !stream->ended()) {
      co_await signal->wait();
      if (exchange.gone()) co_return;
    }
  }
  const std::shared_ptr<const oauth::Principal> nobody;  // a call ends with its answer
  if (call->plain)
    (void)co_await respond_json(exchange, *call->plain, cors.origin).result();
  else
    (void)co_await deliver(exchange, reader, signal, cors, nobody).result();
}

Task<void> HttpEndpoint::run_call(std::shared_ptr<OwnedRequest> owned, Inbound in, std::shared_ptr<LegacyCall> call) {
  Question question(in);
  SessionLine& line = call->line;
  Result<Reply> reply = Reply();
  if (is_own(question.method))
    reply = co_await answer_own(handler_, options_.front.revisions, std::move(in)).result();
  else
    reply = co_await handler_.handle(std::move(in), line).result();
  co_await keep(line.session());
  if (!reply && line.stop_token().stop_requested()) reply = Error(Code::cancelled, "the request was cancelled");
  Answer answer = encode_answer(question, std::move(reply), handler_.server_info());
  // Who is turned away sees it by the status.
  if ((call->may_json || answer.retry_after > 0) && !call->stream->began())
    call->plain = std::move(answer);
  else
    (void)line.say(std::move(answer.message), EventStream::What::answer);
  line.end();
  (void)owned;
}

// Writes what a stream says until it ends or the client goes.
Task<void> HttpEndpoint::deliver(net::HttpExchange& exchange, EventStream::Reader& reader, std::shared_ptr<base::Signal> signal, Cors cors,
                                 std::shared_ptr<const oauth::Principal> until) {
  co_await open_event_stream(exchange, cors.origin);
  auto over = [&until] { return until && std::chrono::system_clock::now() >= until->expires; };
  auto wake = [signal] { signal->raise(); };
  std::stop_callback on_gone(exchange.stop_token(), wake);
  auto silent = std::make_shared<bool>(false);
  for (;;) {
    Reader::Piece piece = reader.take();
    if (piece.text.empty() && !piece.last && std::exchange(*silent, false)) piece.text = net::sse_comment();
    if (!piece.text.empty()) co_await exchange.write(piece.text);
    if (piece.last || exchange.stop_token().stop_requested() || over()) break;
    if (!piece.text.empty()) continue;
    base::Deadline keep_alive(loop_.timers(), base::Timers::now() + options_.keep_alive, [silent, signal] {
      *silent = true;
      signal->raise();
    });
    co_await signal->wait();
  }
  co_await exchange.end();
}

Task<void> HttpEndpoint::serve_stream(net::HttpExchange& exchange, std::shared_ptr<OwnedRequest> owned, Inbound in, Cors cors) {
  std::shared_ptr<EventStream> stream;
  std::uint64_t after = 0;
  Start start = Start::fresh;
  EventStore& events = in.session->events();
  if (auto last = in.http->find("last-event-id"); last && !last->empty()) {
    auto place = parse_event_id(*last);
    if (place && place->stream != 0) stream = events.find(place->stream, base::Clock::now());
    // The answer went down with the instance that had it, or was not kept for so long.
    if (place && !stream && place->stream != 0 && is_request_id(place->request)) {
      co_await say_lost(exchange, place->request, cors.origin);
      co_return;
    }
    if (place && !stream && place->stream != 0) place.reset();
    if (!place) {
      co_await refuse(exchange, 400, protocol::invalid_request("Last-Event-ID names no event that is kept here: send the request again"),
                      {}, cors.origin);
      co_return;
    }
    after = place->event;
    start = Start::again;
  }
  auto signal = std::make_shared<base::Signal>();
  // The stream is read no longer than its reader's token is good.
  const std::shared_ptr<const oauth::Principal> caller = in.caller;
  if (!stream) {
    stream = events.standing(kind_of(*in.session));
    // A client may know a number from before the session was taken up by this process.
    after = start == Start::fresh ? stream->given() : std::min(after, stream->given());
    exchange.is_endless();
  }
  // The reader comes first: a stream without readers is not served for long.
  Reader reader(stream, after, start, waker(loop_, signal));
  if (stream->number() == 0 && stream->claim()) calls_.spawn(run_standing(std::move(owned), std::move(in), stream));
  (void)co_await deliver(exchange, reader, signal, cors, caller).result();
}

// Serves the stream of a session that belongs to no request, until the session ends, or nobody has read it for a while.
Task<void> HttpEndpoint::run_standing(std::shared_ptr<OwnedRequest> owned, Inbound in, std::shared_ptr<EventStream> stream) {
  (void)owned;
  SessionLine line(loop_, in.session, stream);
  if (line.begin(" stream " + std::to_string(++streams_))) {
    auto stop = [&line] { line.stop().request_stop(); };
    std::stop_callback on_close(closing_.get_token(), stop);
    auto idle = std::make_shared<base::Deadline>();
    auto look = [this, idle, source = line.stop(), weak = std::weak_ptr(stream)]() mutable {
      auto s = weak.lock();
      auto give_up = [source]() mutable { source.request_stop(); };
      *idle = s && s->has_readers() ? base::Deadline()
                                    : base::Deadline(loop_.timers(), base::Timers::now() + options_.stream_linger, std::move(give_up));
    };
    auto shared_look = std::make_shared<std::function<void()>>(look);
    stream->watch([loop = &loop_, shared_look] { loop->post([shared_look] { (*shared_look)(); }); });
    (*shared_look)();
    (void)co_await handler_.stream(std::move(in), line).result();
    stream->watch({});
    *shared_look = [] {};
    *idle = base::Deadline();
  }
  stream->give_back();
}

Task<void> HttpEndpoint::close(Millis grace) {
  closing_.request_stop();
  auto end_all = [this] { sessions_->clear(); };
  base::Deadline cut(loop_.timers(), base::Timers::now() + grace, end_all);
  co_await calls_.join();
  sessions_->clear();
}

}  // namespace sdk
