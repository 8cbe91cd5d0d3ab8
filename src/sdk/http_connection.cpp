#include "sdk/http_connection.h"

#include "base/any_stop.h"
#include "base/json.h"
#include "protocol/params.h"

namespace sdk {

using protocol::MessageKind;
using protocol::Method;

namespace {

constexpr Millis kNotificationTime{10'000};
// Between two attempts to listen.
constexpr Millis kWatchPause{1'000};
constexpr Millis kWatchPauseMost{60'000};

bool is_stream(const net::HttpResponse& response) {
  auto type = response.find("content-type").value_or("");
  return net::same_header(type.substr(0, 17), "text/event-stream");
}

// Requests that change nothing, and may be sent again when a kept connection turned out to be closed. A tool's call never is.
bool only_reads(Method method) {
  switch (method) {
    case Method::server_discover:
    case Method::ping:
    case Method::tools_list:
    case Method::prompts_list:
    case Method::prompts_get:
    case Method::resources_list:
    case Method::resources_templates_list:
    case Method::resources_read:
    case Method::completion_complete: return true;
    default: return false;
  }
}

// The authorizer's own errors; nothing else gives these codes before an answer is there.
bool signing_in_failed(const Error& error) { return error.code == Code::unauthenticated || error.code == Code::denied; }

Error http_error(int status, const std::string& where) {
  std::string text = where + " answered with HTTP " + std::to_string(status);
  switch (status) {
    case 401: return Error(Code::unauthenticated, std::move(text));
    case 403: return Error(Code::denied, std::move(text));
    case 413: return Error(Code::too_large, std::move(text));
    case 429: return Error(Code::rate_limited, std::move(text));
    case 502:
    case 503:
    case 504: return Error(Code::unavailable, std::move(text));
    default: return Error(Code::upstream_failed, std::move(text));
  }
}

}  // namespace

HttpConnection::HttpConnection(Loop& loop, net::HttpClient& client, net::Url url, ConnectionOptions options)
    : loop_(loop), client_(client), url_(std::move(url)), options_(std::move(options)) {}
HttpConnection::~HttpConnection() { closing_.request_stop(); }

std::vector<net::HttpHeader> HttpConnection::headers(const protocol::Outgoing& out) const {
  std::vector<net::HttpHeader> lines;
  lines.reserve(out.headers.size() + options_.headers.size() + 2);
  lines.push_back({"Content-Type", "application/json"});
  lines.push_back({"Accept", "application/json, text/event-stream"});
  for (const auto& [name, value] : out.headers) lines.push_back({name, value});
  for (const auto& [name, value] : options_.headers) lines.push_back({name, value});
  return lines;
}

Task<HttpConnection::Answer> HttpConnection::post(protocol::Outgoing out, Wanted wanted) {
  std::vector<net::HttpHeader> lines = headers(out);
  net::HttpClientRequest request;
  request.method = "POST";
  request.url = &url_;
  request.headers = lines;
  request.body = out.body;
  request.repeat = wanted.repeat;
  net::HttpResponse response = co_await send_authorized(&client_, options_.authorizer.get(), request, wanted.stop, wanted.deadline);
  Stream stream;
  Result<Answer> answer = co_await read_answer(std::move(response), wanted, &stream).result();
  // A stream that named its place can be taken up again; a modern one never does.
  if (!answer && answer.error().code == Code::upstream_failed && !stream.last_id.empty() && revision_ && !modern())
    answer = co_await resume(std::move(wanted), std::move(stream)).result();
  co_return answer;
}

Task<HttpConnection::Answer> HttpConnection::read_answer(net::HttpResponse response, Wanted wanted, Stream* stream) {
  Answer answer;
  answer.status = response.status();
  answer.session = response.find("mcp-session-id").value_or("");
  answer.stream = is_stream(response);
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
  while (!found) {
    net::HttpChunk chunk = co_await response.read_some();
    if (chunk.end) co_return Error(Code::upstream_failed, url_.text() + " ended its stream without an answer");
    co_await parser.feed(chunk.bytes, sink);
  }
  // What is behind the answer is of no use; reading it keeps the connection, when it comes at once.
  co_return answer;
}

Task<HttpConnection::Answer> HttpConnection::resume(Wanted wanted, Stream stream) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    co_await loop_.timers().sleep(Millis(std::min(stream.retry, 30'000)), wanted.stop);
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
    net::HttpResponse response = co_await send_authorized(&client_, options_.authorizer.get(), request, wanted.stop, wanted.deadline);
    if (response.status() != 200) break;
    Result<Answer> answer = co_await read_answer(std::move(response), wanted, &stream).result();
    if (answer || answer.error().code != Code::upstream_failed) co_return answer;
  }
  co_return Error(Code::upstream_failed, url_.text() + " broke its stream off, and does not take it up again");
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
    case MessageKind::notification:
      if (message->known == Method::subscriptions_acknowledged) return false;
      if (wanted.on_notification && (message->known == Method::progress || message->known == Method::message))
        wanted.on_notification(message->known, message->params);
      else if (options_.on_notification)
        options_.on_notification(message->known, message->params);
      return false;
    case MessageKind::request: tasks_.spawn(serve(std::string(message->id), message->known, std::string(message->params))); return false;
  }
  return false;
}

Task<void> HttpConnection::serve(std::string id, Method method, std::string params) {
  if (!revision_ || modern()) co_return;  // a modern server may not ask
  const bool known = options_.on_request && protocol::facts(method).from_server;
  Result<std::string> result = std::string("{}");
  if (method != Method::ping && known) result = co_await options_.on_request(method, std::move(params)).result();
  protocol::Outgoing out = protocol::legacy_notification(*revision_, Method::initialized, {}, session_);
  if (method != Method::ping && !known)
    out.body = protocol::encode_error(id, protocol::method_not_found(protocol::method_name(method)));
  else
    out.body = result ? protocol::encode_result(id, *result) : protocol::encode_error(id, protocol::to_rpc(result.error()));
  co_await send_notification(std::move(out));
}

Task<void> HttpConnection::send_notification(protocol::Outgoing out) {
  Wanted wanted;
  wanted.stop = closing_.get_token();
  wanted.deadline = base::Timers::now() + kNotificationTime;
  (void)co_await post(std::move(out), std::move(wanted)).result();
}

void HttpConnection::notify(Method method, std::string params) {
  tasks_.spawn(send_notification(modern() ? protocol::modern_notification(*revision_, options_.identity, method, params)
                                          : protocol::legacy_notification(*revision_, method, params, session_)));
}

Result<Reply> HttpConnection::reply_of(Answer answer, std::string_view id) {
  answer.text.reserve(base::room_for_json(answer.text.size()));
  auto message = protocol::parse_message(answer.text);
  const bool answers = message && (message->kind == MessageKind::response || message->kind == MessageKind::error);
  if (!answers) {
    if (answer.status != 200) return http_error(answer.status, url_.text());
    return Error(Code::upstream_failed,
                 url_.text() + " sent no JSON-RPC answer: " + (message ? "another message" : message.error().message));
  }
  if (message->kind == MessageKind::error) {
    if (answer.status == 401 || answer.status == 403) return http_error(answer.status, url_.text());
    protocol::RpcError error;
    error.code = message->error_code;
    error.message = message->error_message;
    error.data = message->error_data;
    Reply reply(std::move(error));
    reply.from = revision_;
    return reply;
  }
  if (message->id != id) {
    ++counters_.strangers;
    return Error(Code::upstream_failed, url_.text() + " answered another request than the one that was sent");
  }
  std::string_view slice = message->result;
  Reply reply(std::move(answer.text), slice);
  reply.from = revision_;
  return reply;
}

namespace {

// 404, says the specification. Servers after the example of the first TypeScript SDK say 400, and in words why; neither has
// looked at the request.
bool session_is_gone(int status, std::string_view body) {
  if (status == 404) return true;
  if (status != 400 || !base::validate_json(body).ok()) return false;
  std::string_view error = base::is_object(body) ? base::find_member(body, "error") : std::string_view();
  if (!base::is_object(error) || base::find_member(error, "code") != "-32000") return false;
  auto message = base::json_string(base::find_member(error, "message"));
  return message && message->find("ession") != std::string::npos;
}

}  // namespace

Task<Reply> HttpConnection::send(Method method, const std::string& params, const CallOptions& options, std::string_view session) {
  Wanted wanted;
  wanted.id = std::to_string(next_id_++);
  wanted.on_notification = options.on_notification;
  wanted.stop = options.stop;
  wanted.deadline = options.deadline;
  if (only_reads(method)) wanted.repeat = net::Repeat::harmless;
  protocol::RequestExtras extras;
  extras.log_level = options.log_level;
  extras.name = options.name;
  extras.traceparent = options.traceparent;
  extras.tracestate = options.tracestate;
  extras.baggage = options.baggage;
  if (options.on_notification) extras.progress_token = wanted.id;
  std::string id = wanted.id;
  protocol::Outgoing out;
  if (modern())
    out = co_await protocol::modern_request(*revision_, identity_for(options_.identity, options), id, method, params, extras, options.tool);
  else
    out = protocol::legacy_request(*revision_, id, method, params, session, extras);
  ++counters_.requests;
  Result<Answer> answer = co_await post(std::move(out), std::move(wanted)).result();
  if (!answer) {
    // Closing the stream is the modern way to cancel; a legacy server is told.
    bool given_up = answer.error().code == Code::cancelled || answer.error().code == Code::timeout;
    if (given_up && !modern() && !closing_.stop_requested())
      notify(Method::cancelled, "{\"requestId\":" + id + ",\"reason\":" + base::quoted(answer.error().message) + "}");
    co_return std::move(answer).error();
  }
  if (!modern() && !session.empty() && session_is_gone(answer->status, answer->text))
    co_return Error(Code::conflict, "the session is gone");
  co_return reply_of(*std::move(answer), id);
}

Task<Reply> HttpConnection::request(Method method, std::string params, CallOptions options) {
  if (closing_.stop_requested()) co_return Error(Code::unavailable, "the connection was closed");
  if (running_ >= options_.max_requests) co_return Error(Code::rate_limited, "too many requests are in flight");
  struct Count {
    std::size_t& n;
    explicit Count(std::size_t& m) : n(m) { ++n; }
    ~Count() { --n; }
  } count(running_);
  base::AnyStop stop(options.stop, closing_.get_token());
  options.stop = stop.token();
  std::string session = session_;
  Result<Reply> reply = co_await send(method, params, options, session).result();
  const bool gone = !reply && reply.error().code == Code::conflict && !modern() && !session.empty();
  if (gone) {
    // The server forgot the session: a new one is made, once for all who find out, and the request sent again.
    while (initializing_) co_await loop_.timers().sleep(Millis(20), options.stop);
    if (session_ == session) co_await initialize(*revision_, std::min(options.deadline, base::Timers::now() + options_.connect_time));
    reply = co_await send(method, params, options, session_).result();
  }
  if (!reply && closing_.stop_requested() && reply.error().code == Code::cancelled)
    co_return Error(Code::unavailable, "the connection was closed");
  co_return reply;
}

Task<void> HttpConnection::initialize(const protocol::Revision& revision, Instant deadline) {
  struct Flag {
    bool& up;
    explicit Flag(bool& b) : up(b) { up = true; }
    ~Flag() { up = false; }
  } flag(initializing_);
  Wanted wanted;
  wanted.id = std::to_string(next_id_++);
  wanted.stop = closing_.get_token();
  wanted.deadline = deadline;
  std::string id = wanted.id;
  Answer answer = co_await post(
      protocol::legacy_request(revision, id, Method::initialize, protocol::initialize_params(revision, options_.identity), {}),
      std::move(wanted));
  std::string session = answer.session;
  Reply reply = co_await reply_of(std::move(answer), id);
  if (reply.error()) co_await Result<>(protocol::from_rpc(*reply.error()));
  auto name = co_await base::json_string(base::find_member(reply.result(), "protocolVersion"));
  const protocol::Revision* chosen = options_.revisions.find(name);
  if (!chosen || chosen->era != protocol::Era::legacy)
    co_await mcp::fail(Code::upstream_failed,
                       url_.text() + " wants to speak revision '" + name.substr(0, 40) + "', which is not spoken here");
  settle(*chosen, reply.result());
  session_ = session;
  co_await send_notification(protocol::legacy_notification(*revision_, Method::initialized, {}, session_));
}

Task<void> HttpConnection::probe() {
  Instant deadline = base::Timers::now() + options_.connect_time;
  protocol::EraProbe probe(options_.revisions);
  protocol::EraProbe::Step step = probe.start();
  for (;;) {
    if (auto* modern = std::get_if<protocol::EraProbe::Modern>(&step)) {
      settle(*modern->revision, modern->discover);
      co_return;
    }
    if (auto* legacy = std::get_if<protocol::EraProbe::Legacy>(&step)) {
      co_await initialize(*legacy->revision, deadline);
      co_return;
    }
    if (auto* undecided = std::get_if<protocol::EraProbe::Undecided>(&step)) {
      Error reason = undecided->reason.code == Code::unavailable ? undecided->reason : std::move(undecided->reason).in(url_.text());
      co_await Result<>(std::move(reason));
    }
    if (auto* incompatible = std::get_if<protocol::EraProbe::Incompatible>(&step))
      co_await Result<>(std::move(incompatible->reason).in(url_.text()));
    const protocol::Revision* asked = std::get<protocol::EraProbe::Discover>(step).revision;
    Wanted wanted;
    wanted.id = std::to_string(next_id_++);
    wanted.stop = closing_.get_token();
    wanted.deadline = deadline;
    protocol::Outgoing out = co_await protocol::modern_request(*asked, options_.identity, wanted.id, Method::server_discover, "{}");
    Result<Answer> answer = co_await post(std::move(out), std::move(wanted)).result();
    if (answer)
      step = probe.http_answer(answer->status, answer->text);
    else if (options_.authorizer && signing_in_failed(answer.error()))
      co_await Result<>(std::move(answer).error());  // no sign of an era
    else if (answer.error().code == Code::upstream_failed)
      step = probe.http_answer(200, "");
    else
      step = probe.http_unreachable(answer.error().message);
    if (options_.authorizer) deadline = base::Timers::now() + options_.connect_time;  // somebody may have signed in meanwhile
  }
}

Task<void> HttpConnection::open() {
  co_await probe();
  if (options_.watch == ConnectionOptions::Watch::changes) {
    if (modern())
      tasks_.spawn(watch());
    else
      tasks_.spawn(watch_legacy());
  }
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
    pause = base::Timers::now() - began > kWatchPauseMost ? kWatchPause : std::min(pause * 2, kWatchPauseMost);
    co_await loop_.timers().sleep(pause, closing_.get_token());
  }
}

Task<void> HttpConnection::watch_legacy() {
  Millis pause = kWatchPause;
  while (!closing_.stop_requested()) {
    protocol::Outgoing out = protocol::legacy_notification(*revision_, Method::initialized, {}, session_);
    std::vector<net::HttpHeader> lines = headers(out);
    lines[1].value = "text/event-stream";
    net::HttpClientRequest request;
    request.url = &url_;
    request.headers = std::span(lines).subspan(1);
    Instant began = base::Timers::now();
    Result<net::HttpResponse> response =
        co_await send_authorized(&client_, options_.authorizer.get(), request, closing_.get_token(), Instant::max()).result();
    if (response) {
      if (response->status() != 200 || !is_stream(*response)) co_return;  // 405: it has nothing to say on its own
      Wanted wanted;
      wanted.stop = closing_.get_token();
      wanted.deadline = Instant::max();
      Stream stream;
      (void)co_await read_answer(*std::move(response), std::move(wanted), &stream).result();
    }
    pause = base::Timers::now() - began > kWatchPauseMost ? kWatchPause : std::min(pause * 2, kWatchPauseMost);
    co_await loop_.timers().sleep(pause, closing_.get_token());
  }
}

Task<void> HttpConnection::close(Millis grace) {
  std::string session = std::exchange(session_, {});
  if (!session.empty()) {
    protocol::Outgoing out = protocol::legacy_notification(*revision_, Method::initialized, {}, session);
    std::vector<net::HttpHeader> lines = headers(out);
    net::HttpClientRequest request;
    std::stop_token none;
    request.method = "DELETE";
    request.url = &url_;
    request.headers = std::span(lines).subspan(1);
    Instant until = base::Timers::now() + std::max(grace, Millis(100));
    (void)co_await send_authorized(&client_, options_.authorizer.get(), request, none, until).result();
  }
  closing_.request_stop();
  co_await tasks_.join();
  if (options_.authorizer) co_await options_.authorizer->close();
}

namespace {

Task<std::unique_ptr<Connection>> open_connection(std::unique_ptr<HttpConnection> connection) {
  co_await connection->open();
  std::unique_ptr<Connection> out = std::move(connection);
  co_return std::move(out);
}

}  // namespace

Task<std::unique_ptr<Connection>> open_http(Loop& loop, net::HttpClient& client, net::Url url, ConnectionOptions options) {
  return open_connection(std::make_unique<HttpConnection>(loop, client, std::move(url), std::move(options)));
}

}  // namespace sdk
