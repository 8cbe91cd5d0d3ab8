#include "sdk/http_connection.h"

#include "base/any_stop.h"
#include "base/json.h"
#include "protocol/params.h"
#include "sdk/sse_connection.h"

namespace sdk {

using protocol::MessageKind;
using protocol::Method;

namespace {

constexpr Millis kNotificationTime{10'000};
// A server that was found to be legacy may have been renewed after this; one that answers as its era never would is looked at as often.
constexpr Millis kVerdictLife{600'000};
constexpr Millis kProbeAgain{60'000};
// For a stream to be opened before the first call; servers that keep their answer back until they have something to say are not waited for.
constexpr Millis kHearTime{1'000};

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

// An answer of a server that does not speak the era of the request.
bool says_other_era(bool modern, const protocol::RpcError& error) {
  if (modern) return error.code == protocol::kUnsupportedVersion;
  // Legacy servers do not answer a well-formed call like this, and modern ones refuse what has no envelope.
  return error.http_status == 400;
}

// The authorizer's own errors; nothing else gives these codes before an answer is there.
bool signing_in_failed(const Error& error) { return error.code == Code::unauthenticated || error.code == Code::denied; }

}  // namespace

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

HttpConnection::HttpConnection(Loop& loop, net::HttpClient& client, net::Url url, ConnectionOptions options)
    : loop_(loop), client_(client), url_(std::move(url)), options_(std::move(options)) {}
HttpConnection::~HttpConnection() { closing_.request_stop(); }

std::vector<net::HttpHeader> HttpConnection::headers(const protocol::Outgoing& out,
                                                     const std::vector<std::pair<std::string, std::string>>* own) const {
  std::vector<net::HttpHeader> lines;
  lines.reserve(out.headers.size() + options_.headers.size() + 2);
  lines.push_back({"Content-Type", "application/json"});
  lines.push_back({"Accept", "application/json, text/event-stream"});
  for (const auto& [name, value] : out.headers) lines.push_back({name, value});
  for (const auto& [name, value] : options_.headers) lines.push_back({name, value});
  if (own)
    for (const auto& [name, value] : *own) lines.push_back({name, value});
  return lines;
}

Task<HttpConnection::Answer> HttpConnection::post(protocol::Outgoing out, Wanted wanted) {
  std::vector<net::HttpHeader> lines = headers(out, wanted.headers);
  net::HttpClientRequest request;
  request.method = "POST";
  request.url = &url_;
  request.headers = lines;
  request.body = out.body;
  request.repeat = wanted.repeat;
  net::HttpResponse response = co_await send_authorized(&client_, authorizer_of(wanted), request, wanted.stop, wanted.deadline);
  Answer at_hand;
  if (take_answer(response, at_hand)) co_return std::move(at_hand);
  Stream stream;
  Result<Answer> answer = co_await read_answer(std::move(response), wanted, &stream).result();
  // A stream that named its place can be taken up again; a modern one never does.
  if (!answer && stream.broken && !stream.last_id.empty() && revision_ && !modern())
    answer = co_await resume(std::move(wanted), std::move(stream)).result();
  else if (stream.broken && wanted.lost)
    *wanted.lost = true;
  co_return answer;
}

Task<void> HttpConnection::send_notification(protocol::Outgoing out) {
  Wanted wanted;
  wanted.stop = closing_.get_token();
  wanted.deadline = base::Timers::now() + kNotificationTime;
  (void)co_await post(std::move(out), std::move(wanted)).result();
}

void HttpConnection::notify(Method method, std::string params, std::string_view name) {
  tasks_.spawn(send_notification(modern() ? protocol::modern_notification(*revision_, options_.identity, method, params, name)
                                          : protocol::legacy_notification(*revision_, method, params, session_, name)));
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
    error.http_status = answer.status;
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

Task<Reply> HttpConnection::send(Method method, const std::string& params, const CallOptions& options, std::string_view session,
                                 bool* lost) {
  Wanted wanted;
  wanted.id = std::to_string(next_id_++);
  wanted.on_notification = options.on_notification;
  wanted.on_stream_closed = options.on_stream_closed;
  OpenCall call(calls_, method, options.on_request, params);
  wanted.call = &call;
  wanted.headers = &options.headers;
  wanted.authorizer = options.authorizer.get();
  wanted.stop = options.stop;
  wanted.deadline = options.deadline;
  wanted.listens = method == Method::subscriptions_listen;
  wanted.lost = lost;
  if (only_reads(method)) wanted.repeat = net::Repeat::harmless;
  protocol::RequestExtras extras;
  extras.log_level = options.log_level;
  extras.method = options.method_name;
  extras.name = options.name;
  extras.traceparent = options.traceparent;
  extras.tracestate = options.tracestate;
  extras.baggage = options.baggage;
  if (options.on_notification && !wanted.listens) extras.progress_token = wanted.id;
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
  Result<Reply> reply = co_await send_twice(method, params, options, session).result();
  const bool gone = !reply && reply.error().code == Code::conflict && !modern() && !session.empty();
  if (gone) {
    // The server forgot the session: a new one is made, once for all who find out, and the request sent again.
    while (initializing_) co_await loop_.timers().sleep(Millis(20), options.stop);
    if (session_ == session) {
      const Instant now = base::Timers::now();
      const bool old = now - judged_ > kVerdictLife;
      Result<> met = Error(Code::conflict, "the verdict is old");
      if (!old) met = co_await initialize(*revision_, std::min(options.deadline, now + options_.connect_time)).result();
      if (!met && met.error().code != Code::unauthenticated && met.error().code != Code::unavailable) {
        // It does not know the handshake any more: it was renewed, perhaps.
        met = co_await probe().result();
      }
      co_await std::move(met);
      if (options_.on_renewed) options_.on_renewed();
    }
    reply = co_await send(method, params, options, session_).result();
  }
  if (!reply && closing_.stop_requested() && reply.error().code == Code::cancelled)
    co_return Error(Code::unavailable, "the connection was closed");
  co_return reply;
}

// Sends, and once more where the first answer says how, or was lost on the way and asking again is safe.
Task<Reply> HttpConnection::send_twice(Method method, const std::string& params, const CallOptions& options, std::string_view session) {
  const bool believed = std::exchange(hinted_, false);
  bool lost = false;
  Result<Reply> reply = co_await send(method, params, options, session, &lost).result();
  const protocol::RpcError* refused = reply ? reply->error() : nullptr;
  if (modern() && refused) {
    if (const protocol::Revision* other = after_refusal(options_.revisions, *refused)) {
      revision_ = other;
      co_return co_await send(method, params, options, session);
    }
  }
  const bool failed = believed && !reply && reply.error().code == Code::upstream_failed;
  const bool doubted = believed || base::Timers::now() - judged_ > kProbeAgain;
  // It has not looked at the request: it was renewed, and speaks the other era. Asked once a while, as some always answer like this.
  const bool lately = doubted_ && base::Timers::now() - *doubted_ <= kProbeAgain;
  const bool another = refused && !lately && says_other_era(modern(), *refused);
  if (modern() && (failed || another || (doubted && refused && looks_legacy(*refused)))) {
    if (another) doubted_ = base::Timers::now();
    co_await probe(options.deadline);
    if (!modern()) {
      doubted_.reset();
      if (options_.watch == ConnectionOptions::Watch::changes || options_.on_request) hear();
    }
    co_return co_await send(method, params, options, session_);
  }
  if (!modern() && another && !options.stop.stop_requested()) {
    doubted_ = base::Timers::now();
    const bool turned = co_await turned_modern(options.deadline);
    if (turned) {
      doubted_.reset();
      if (options_.on_renewed) options_.on_renewed();
      co_return co_await send(method, params, options, {});
    }
  }
  const bool safe = options.repeat == net::Repeat::harmless || only_reads(method);
  if (lost && modern() && safe && !options.stop.stop_requested()) co_return co_await send(method, params, options, session);
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
  maybe_sse_ = answer.status == 400 || answer.status == 404 || answer.status == 405;
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

// Asks server/discover, and gives what the answer makes of the probe.
Task<protocol::EraProbe::Step> HttpConnection::discover(protocol::EraProbe* probe, const protocol::Revision* asked, Instant deadline) {
  Wanted wanted;
  wanted.id = std::to_string(next_id_++);
  wanted.stop = closing_.get_token();
  wanted.deadline = deadline;
  bool lost = false;
  wanted.lost = &lost;
  protocol::Outgoing out = co_await protocol::modern_request(*asked, options_.identity, wanted.id, Method::server_discover, "{}");
  Result<Answer> answer = co_await post(std::move(out), std::move(wanted)).result();
  if (answer) co_return probe->http_answer(answer->status, answer->text);
  if (options_.authorizer && signing_in_failed(answer.error())) co_return std::move(answer).error();  // no sign of an era
  if (answer.error().code == Code::upstream_failed || lost) co_return probe->http_answer(200, "");
  co_return probe->http_unreachable(answer.error().message);
}

// Whether a server that was legacy has become a modern one; then that is what is spoken from now on. Its session is left alone otherwise.
Task<bool> HttpConnection::turned_modern(Instant latest) {
  const Instant deadline = std::min(latest, base::Timers::now() + options_.connect_time);
  protocol::EraProbe probe(options_.revisions);
  protocol::EraProbe::Step step = probe.start();
  while (auto* ask = std::get_if<protocol::EraProbe::Discover>(&step)) {
    Result<protocol::EraProbe::Step> next = co_await discover(&probe, ask->revision, deadline).result();
    if (!next) co_return false;
    step = *std::move(next);
  }
  auto* found = std::get_if<protocol::EraProbe::Modern>(&step);
  if (!found) co_return false;
  session_.clear();
  judged_ = base::Timers::now();
  settle(*found->revision, found->discover);
  co_return true;
}

Task<void> HttpConnection::probe(Instant latest) {
  judged_ = base::Timers::now();
  Instant deadline = std::min(latest, base::Timers::now() + options_.connect_time);
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
    step = co_await discover(&probe, std::get<protocol::EraProbe::Discover>(step).revision, deadline);
    if (options_.authorizer)
      deadline = std::min(latest, base::Timers::now() + options_.connect_time);  // somebody may have signed in meanwhile
  }
}

Task<void> HttpConnection::settle_era() {
  const EraHint& hint = options_.hint;
  if (!hint.revision || !options_.revisions.find(hint.revision->name)) {
    co_await probe();
  } else if (hint.revision->era == protocol::Era::modern) {
    settle(*hint.revision, hint.discover);
    hinted_ = true;
  } else {
    Result<> met = co_await initialize(*hint.revision, base::Timers::now() + options_.connect_time).result();
    // A server that was renewed since answers a handshake with an error, or not at all.
    judged_ = base::Timers::now();
    if (met) co_return;
    if (met.error().code == Code::unauthenticated) co_await std::move(met);
    co_await probe();
  }
}

Task<void> HttpConnection::open() {
  co_await settle_era();
  if (modern()) {
    if (options_.watch == ConnectionOptions::Watch::changes) tasks_.spawn(watch());
    co_return;
  }
  // Some servers ask on this stream also what belongs to a call.
  if (options_.watch == ConnectionOptions::Watch::no && !options_.on_request) co_return;
  hear();
  const Instant patience = base::Timers::now() + std::min(kHearTime, options_.connect_time);
  (void)co_await base::wait_for(heard_, loop_.timers(), closing_.get_token(), patience).result();
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
    (void)co_await send_authorized(&client_, options_.authorizer.get(), request, none, until, OnRefusal::stands).result();
  }
  closing_.request_stop();
  co_await tasks_.join();
  if (options_.authorizer) co_await options_.authorizer->close();
}

namespace {

Task<std::unique_ptr<Connection>> open_connection(Loop* loop, net::HttpClient* client, net::Url url, ConnectionOptions options) {
  auto connection = std::make_unique<HttpConnection>(*loop, *client, url, options);
  Result<> opened = co_await connection->open().result();
  if (opened || !connection->may_be_sse()) {
    co_await std::move(opened);
    std::unique_ptr<Connection> out = std::move(connection);
    co_return std::move(out);
  }
  // It knows neither era's endpoint: what is left is the transport of the first revision (Streamable HTTP, "Backward Compatibility").
  auto old = std::make_unique<SseConnection>(*loop, *client, std::move(url), std::move(options));
  Result<> tried = co_await old->open().result();
  if (!tried) {
    const bool is_old = old->was_stream();
    (void)co_await old->close(Millis(0)).result();
    if (is_old) co_await std::move(tried);
    co_await std::move(opened);
  }
  std::unique_ptr<Connection> out = std::move(old);
  co_return std::move(out);
}

}  // namespace

Task<std::unique_ptr<Connection>> open_http(Loop& loop, net::HttpClient& client, net::Url url, ConnectionOptions options) {
  return open_connection(&loop, &client, std::move(url), std::move(options));
}

}  // namespace sdk
