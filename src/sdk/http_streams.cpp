// The part of HttpConnection that reads event streams: answers, their resumption, and what comes between requests.
#include <algorithm>
#include <random>

#include "base/json.h"
#include "protocol/params.h"
#include "sdk/http_connection.h"

namespace sdk {

using protocol::MessageKind;
using protocol::Method;

namespace {

constexpr int kMostResumes = 10;
constexpr Millis kMostRetry{30'000};
// Between two attempts to listen.
constexpr Millis kWatchPause{1'000};
constexpr Millis kWatchPauseMost{60'000};

bool is_stream(const net::HttpResponse& response) {
  auto type = response.find("content-type").value_or("");
  return net::same_header(type.substr(0, 17), "text/event-stream");
}

// Twice the pause that did not help, and up to a quarter more, so that many clients do not come back at once.
Millis longer(Millis pause, Instant began) {
  if (base::Timers::now() - began > kWatchPauseMost) return kWatchPause;
  thread_local std::minstd_rand random{std::random_device{}()};
  pause = std::min(pause * 2, kWatchPauseMost);
  return pause + Millis(std::uniform_int_distribution<std::int64_t>(0, pause.count() / 4)(random));
}

}  // namespace

bool HttpConnection::take_answer(net::HttpResponse& response, Answer& answer) const {
  if (is_stream(response) || !response.take_body(&answer.text, options_.max_message)) return false;
  answer.status = response.status();
  answer.session = response.find("mcp-session-id").value_or("");
  return true;
}

Task<HttpConnection::Answer> HttpConnection::read_answer(net::HttpResponse response, Wanted wanted, Stream* stream) {
  Answer answer;
  answer.status = response.status();
  answer.session = response.find("mcp-session-id").value_or("");
  answer.stream = is_stream(response);
  stream->broken = stream->closed = false;
  if (!answer.stream) {
    answer.text = co_await response.body(options_.max_message);
    co_return answer;
  }
  net::SseParser parser(options_.max_message);
  bool found = false;
  auto sink = [&](net::SseEvent one) -> Result<> {
    if (!one.id.empty()) stream->last_id = one.id;
    if (one.retry) stream->retry = *one.retry;
    if (found || one.data.empty() || !(one.event.empty() || one.event == "message")) return {};
    auto mine = event(one.data, wanted, answer);
    if (!mine) return std::move(mine).error();
    found = *mine;
    return {};
  };
  auto move = [&](Instant to) {
    wanted.deadline = wanted.call->due = to;
    response.extend(to);
  };
  if (wanted.call && wanted.deadline != Instant::max()) {
    wanted.call->due = wanted.deadline;
    wanted.call->move = move;
  }
  struct Forget {
    OpenCall* call;
    ~Forget() {
      if (call) call->move = nullptr;
    }
  } forget{wanted.call};
  while (!found) {
    Result<net::HttpChunk> chunk = co_await response.read_some().result();
    if (!chunk && chunk.error().code != Code::upstream_failed) co_return std::move(chunk).error();
    if (!chunk || chunk->end) {
      stream->broken = true;
      stream->closed = chunk.ok();
      co_return Error(Code::unavailable, url_.text() + " ended its stream without an answer");
    }
    co_await parser.feed(chunk->bytes, sink);
  }
  // What is behind the answer is of no use; reading it keeps the connection, when it comes at once.
  co_return answer;
}

// A GET with the place where the stream ended, after the time that the server gave (Streamable HTTP, "Resumability").
Task<HttpConnection::Answer> HttpConnection::resume(Wanted wanted, Stream stream) {
  for (int attempt = 0; attempt < kMostResumes; ++attempt) {
    if (std::exchange(stream.closed, false) && wanted.on_stream_closed) wanted.on_stream_closed(Millis(stream.retry));
    co_await loop_.timers().sleep(std::clamp(Millis(stream.retry), Millis(0), kMostRetry), wanted.stop);
    if (wanted.stop.stop_requested()) co_return Error(Code::cancelled, "the call was cancelled");
    std::string last = stream.last_id;
    protocol::Outgoing out;
    out.headers = protocol::legacy_notification(*revision_, Method::initialized, {}, session_).headers;
    out.headers.emplace_back("Last-Event-ID", last);
    std::vector<net::HttpHeader> lines = headers(out);
    lines[1].value = "text/event-stream";
    net::HttpClientRequest request;
    request.url = &url_;
    request.headers = std::span(lines).subspan(1);
    Result<net::HttpResponse> response =
        co_await send_authorized(&client_, authorizer_of(wanted), request, wanted.stop, wanted.deadline).result();
    if (!response) {
      const Code code = response.error().code;
      if (code == Code::unavailable || code == Code::upstream_failed) continue;
      co_return std::move(response).error();
    }
    if (response->status() != 200 || !is_stream(*response)) break;
    Result<Answer> answer = co_await read_answer(*std::move(response), wanted, &stream).result();
    if (answer || !stream.broken) co_return answer;
  }
  co_return Error(Code::unavailable, url_.text() + " broke its stream off, and does not take it up again");
}

// Gives a notification to whom it belongs.
void HttpConnection::stream_event(const protocol::Message& message, const Wanted& wanted) {
  if (wanted.listens && wanted.on_notification) {
    auto params = protocol::read_params(message.params);
    std::string_view id = params ? params->meta.subscription_id : std::string_view();
    if (!id.empty() && id != wanted.id)
      ++counters_.strangers;
    else
      wanted.on_notification(message.known, message.params);
    return;
  }
  if (message.known == Method::subscriptions_acknowledged) return;
  if (wanted.on_notification &&
      (message.known == Method::progress || message.known == Method::message || message.known == Method::elicitation_complete))
    wanted.on_notification(message.known, message.params);
  else if (options_.on_notification)
    options_.on_notification(message.known, message.params);
}

// True when `data` answers what is wanted.
Result<bool> HttpConnection::event(const std::string& data, const Wanted& wanted, Answer& answer) {
  auto message = protocol::parse_message(data);
  if (!message) {
    ++counters_.noise;
    return false;
  }
  switch (message->kind) {
    case MessageKind::response:
    case MessageKind::error:
      if (message->id != wanted.id && !(message->id.empty() && message->kind == MessageKind::error && !wanted.id.empty())) {
        ++counters_.strangers;
        return false;
      }
      answer.text = data;
      return true;
    case MessageKind::notification: stream_event(*message, wanted); return false;
    case MessageKind::request: {
      Askable askable = wanted.call ? wanted.call->askable() : calls_.only(message->params);
      tasks_.spawn(serve(std::string(message->id), message->known, std::string(message->params), std::move(askable)));
      return false;
    }
  }
  return false;
}

Task<void> HttpConnection::serve(std::string id, Method method, std::string params, Askable askable) {
  if (!revision_ || modern()) co_return;  // a modern server may not ask
  Reply reply = co_await calls_.answer(&options_, std::move(askable), method, std::move(params));
  protocol::Outgoing out = protocol::legacy_notification(*revision_, Method::initialized, {}, session_);
  out.body = encode_for_server(id, reply);
  co_await send_notification(std::move(out));
}

Task<void> HttpConnection::watch() {
  Millis pause = kWatchPause;
  for (;;) {
    std::string params = listen_params(capabilities_);
    if (params.empty() || closing_.stop_requested()) co_return;
    CallOptions call;
    call.stop = closing_.get_token();
    Instant began = base::Timers::now();
    Result<Reply> ended = co_await send(Method::subscriptions_listen, params, call, {}).result();
    if (ended && ended->error() && ended->error()->code == protocol::kMethodNotFound) co_return;
    pause = longer(pause, began);
    co_await loop_.timers().sleep(pause, closing_.get_token());
  }
}

void HttpConnection::hear() {
  if (modern() || hearing_ || closing_.stop_requested()) return;
  hearing_ = true;
  tasks_.spawn(watch_legacy());
}

Task<void> HttpConnection::watch_legacy() {
  Millis pause = kWatchPause;
  Stream stream;
  bool missed = false;  // something may have been said meanwhile that nobody will say again
  while (!closing_.stop_requested() && !modern()) {
    const std::string session = session_;
    protocol::Outgoing out = protocol::legacy_notification(*revision_, Method::initialized, {}, session_);
    const std::string last = stream.last_id;
    if (!last.empty()) out.headers.emplace_back("Last-Event-ID", last);
    std::vector<net::HttpHeader> lines = headers(out);
    lines[1].value = "text/event-stream";
    net::HttpClientRequest request;
    request.url = &url_;
    request.headers = std::span(lines).subspan(1);
    Instant began = base::Timers::now();
    Result<net::HttpResponse> response =
        co_await send_authorized(&client_, options_.authorizer.get(), request, closing_.get_token(), Instant::max()).result();
    heard_.set(Result<>());
    if (response && response->status() == 200 && is_stream(*response)) {
      Wanted wanted;
      wanted.stop = closing_.get_token();
      wanted.deadline = Instant::max();
      if (std::exchange(missed, false) && options_.on_missed) options_.on_missed();
      (void)co_await read_answer(*std::move(response), std::move(wanted), &stream).result();
      missed = stream.last_id.empty();
      pause = stream.last_id.empty() ? longer(pause, began) : std::clamp(Millis(stream.retry), Millis(100), kMostRetry);
    } else {
      // Nobody is there; or the session is gone, and a request makes a new one; or, as with 405, it has nothing to say on its own.
      const int status = response ? response->status() : 0;
      const bool unknown = status == 404 || status == 400;
      const bool again = status == 0 || status == 404 || (status == 400 && !last.empty());
      stream = {};
      missed = true;
      bool anew = false;
      if (unknown) anew = co_await renewed(session);
      if (anew) {
        missed = false;  // it was said when that came
        continue;
      }
      if (!again) break;
      pause = longer(pause, began);
    }
    co_await loop_.timers().sleep(pause, closing_.get_token());
  }
  hearing_ = false;
  if (modern() && options_.watch == ConnectionOptions::Watch::changes && !closing_.stop_requested()) tasks_.spawn(watch());
}

// True when another session, or another era, has come in the place of this one.
Task<bool> HttpConnection::renewed(std::string session) {
  if (session.empty()) co_return false;
  if (session_ == session) {
    CallOptions call;
    call.stop = closing_.get_token();
    call.deadline = base::Timers::now() + options_.connect_time;
    (void)co_await request(Method::ping, "{}", std::move(call)).result();
  }
  co_return session_ != session || modern();
}

}  // namespace sdk
