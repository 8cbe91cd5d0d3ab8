#include "sdk/sse_connection.h"

#include <algorithm>

#include "base/json.h"
#include "protocol/params.h"
#include "sdk/deprecations.h"
#include "sdk/http_connection.h"

namespace sdk {

using protocol::MessageKind;
using protocol::Method;

namespace {

constexpr Millis kPostTime{30'000};
// What a POST is answered with besides its status is of no use.
constexpr std::size_t kMostReceipt = 64 * 1024;

bool is_stream(const net::HttpResponse& response) {
  auto type = response.find("content-type").value_or("");
  return net::same_header(type.substr(0, 17), "text/event-stream");
}

}  // namespace

Result<net::Url> endpoint_url(const net::Url& stream, std::string_view text) {
  std::string whole(text);
  if (text.starts_with("//")) {
    whole = (stream.tls ? "https:" : "http:") + whole;
  } else if (text.starts_with("/")) {
    whole = stream.origin + whole;
  } else if (text.starts_with("?")) {
    whole = stream.origin + stream.target.substr(0, stream.target.find('?')) + whole;
  } else if (text.find("://") == text.npos) {
    std::string_view path = std::string_view(stream.target).substr(0, stream.target.find('?'));
    whole = stream.origin + std::string(path.substr(0, path.rfind('/') + 1)) + whole;
  }
  auto url = net::parse_url(whole);
  if (!url || text.empty())
    return Error(Code::upstream_failed, stream.text() + " names no address to POST to: " + std::string(text.substr(0, 200)));
  if (url->origin != stream.origin)
    return Error(Code::upstream_failed, stream.text() + " wants its messages sent to another origin, " + url->origin + "; that is refused");
  return url;
}

SseConnection::SseConnection(Loop& loop, net::HttpClient& client, net::Url url, ConnectionOptions options)
    : loop_(loop), client_(client), url_(std::move(url)), options_(std::move(options)) {}
SseConnection::~SseConnection() { closing_.request_stop(); }

Task<void> SseConnection::open() {
  const Instant deadline = base::Timers::now() + options_.connect_time;
  std::vector<net::HttpHeader> lines = {{"Accept", "text/event-stream"}};
  for (const auto& [name, value] : options_.headers) lines.push_back({name, value});
  net::HttpClientRequest request;
  request.url = &url_;
  request.headers = lines;
  net::HttpResponse response = co_await send_authorized(&client_, options_.authorizer.get(), request, closing_.get_token(), deadline);
  if (response.status() != 200 || !is_stream(response))
    co_await mcp::fail(Code::upstream_failed,
                       url_.text() + " has no event stream of the HTTP+SSE transport (HTTP " + std::to_string(response.status()) + ")");
  stream_ = true;
  response.extend(Instant::max());
  tasks_.spawn(read(std::move(response)));
  Result<> ready = co_await base::wait_for(ready_, loop_.timers(), closing_.get_token(), deadline).result();
  if (!ready && ready.error().code == Code::timeout)
    co_await mcp::fail(Code::upstream_failed,
                       url_.text() + " sent no address to POST to in " + std::to_string(options_.connect_time.count()) + " ms");
  co_await std::move(ready);
  co_await initialize();
  report_deprecated(url_.text(), protocol::Deprecated::http_sse);
}

Task<void> SseConnection::initialize() {
  const protocol::Revision* newest = options_.revisions.newest(protocol::Era::legacy);
  if (!newest) co_await mcp::fail(Code::upstream_failed, url_.text() + " speaks a legacy revision, and none is spoken here");
  CallOptions call;
  call.deadline = base::Timers::now() + options_.connect_time;
  Reply reply = co_await send(*newest, Method::initialize, protocol::initialize_params(*newest, options_.identity), std::move(call));
  if (reply.error()) co_await Result<>(protocol::from_rpc(*reply.error()));
  auto name = co_await base::json_string(base::find_member(reply.result(), "protocolVersion"));
  const protocol::Revision* chosen = options_.revisions.find(name);
  if (!chosen || chosen->era != protocol::Era::legacy)
    co_await mcp::fail(Code::upstream_failed,
                       url_.text() + " wants to speak revision '" + name.substr(0, 40) + "', which is not spoken here");
  settle(*chosen, reply.result());
  // In this transport each message has a connection of its own: what must not come before is waited for.
  co_await deliver(protocol::legacy_notification(*revision_, Method::initialized, {}, {}), nullptr);
}

Task<void> SseConnection::read(net::HttpResponse response) {
  net::SseParser parser(options_.max_message);
  auto sink = [this](net::SseEvent one) { return event(std::move(one)); };
  for (;;) {
    Result<net::HttpChunk> chunk = co_await response.read_some().result();
    Result<> fine;
    if (!chunk) {
      fine = std::move(chunk).error();
    } else if (chunk->end) {
      fine = Error(Code::unavailable, "the server ended it");
    } else {
      fine = parser.feed(chunk->bytes, sink);
    }
    if (fine) continue;
    fail(std::move(fine).error());
    co_return;
  }
}

Result<> SseConnection::event(net::SseEvent one) {
  if (one.data.empty()) return {};
  if (one.event == "endpoint") return endpoint(one.data);
  if (!one.event.empty() && one.event != "message") return {};
  if (!ready_.ready()) return Error(Code::upstream_failed, "a message came before the address to POST to");
  auto text = std::move(one.data);
  text.reserve(base::room_for_json(text.size()));
  auto message = protocol::parse_message(text);
  if (!message) {
    ++counters_.noise;
    return {};
  }
  switch (message->kind) {
    case MessageKind::response:
    case MessageKind::error: answer(std::move(text)); break;
    case MessageKind::notification: notification(*message); break;
    case MessageKind::request: {
      // Nothing says for which call the server asks.
      Askable askable = calls_.only(message->params);
      tasks_.spawn(serve(std::string(message->id), message->known, std::string(message->params), std::move(askable)));
    }
  }
  return {};
}

Result<> SseConnection::endpoint(const std::string& text) {
  if (ready_.ready()) return {};  // it is named once; another one could only lead away
  auto url = endpoint_url(url_, text);
  if (!url) return std::move(url).error();
  post_ = *std::move(url);
  ready_.set(Result<>());
  return {};
}

void SseConnection::answer(std::string text) {
  auto owned = std::make_shared<std::string>(std::move(text));
  owned->reserve(base::room_for_json(owned->size()));
  auto message = protocol::parse_message(*owned);
  auto found = message ? pending_.find(message->id) : pending_.end();
  if (found == pending_.end()) {
    ++counters_.strangers;
    return;
  }
  auto one = std::move(found->second);
  pending_.erase(found);
  Reply reply;
  if (message->kind == MessageKind::error) {
    protocol::RpcError error;
    error.code = message->error_code;
    error.message = message->error_message;
    error.data = message->error_data;
    reply = Reply(std::move(error));
  } else {
    std::string_view slice = message->result;
    reply = Reply(std::move(*owned), slice);
  }
  reply.from = revision_;
  one->answer.set(std::move(reply));
}

void SseConnection::notification(const protocol::Message& message) {
  auto params = protocol::read_params(message.params);
  if (message.known == Method::progress) {
    auto found = params ? pending_.find(params->progress_token) : pending_.end();
    if (found == pending_.end()) return;
    auto one = found->second;
    if (one->on_notification) one->on_notification(message.known, message.params);
    return;
  }
  if (options_.on_notification) options_.on_notification(message.known, message.params);
  if ((message.known == Method::message || message.known == Method::elicitation_complete) && pending_.size() == 1) {
    auto one = pending_.begin()->second;
    if (one->on_notification) one->on_notification(message.known, message.params);
  }
}

Task<void> SseConnection::serve(std::string id, Method method, std::string params, Askable askable) {
  Reply reply = co_await calls_.answer(&options_, std::move(askable), method, std::move(params));
  const protocol::Revision& revision = revision_ ? *revision_ : protocol::latest_legacy();
  protocol::Outgoing out = protocol::legacy_notification(revision, Method::initialized, {}, {});
  out.body = encode_for_server(id, reply);
  co_await deliver(std::move(out), nullptr);
}

Task<void> SseConnection::deliver(protocol::Outgoing out, std::shared_ptr<Pending> mine) {
  std::vector<net::HttpHeader> lines = {{"Content-Type", "application/json"}, {"Accept", "application/json, text/event-stream"}};
  for (const auto& [name, value] : out.headers) lines.push_back({name, value});
  for (const auto& [name, value] : options_.headers) lines.push_back({name, value});
  net::HttpClientRequest request;
  request.method = "POST";
  request.url = &post_;
  request.headers = lines;
  request.body = out.body;
  const Instant deadline = base::Timers::now() + kPostTime;
  auto sent = co_await send_authorized(&client_, options_.authorizer.get(), request, closing_.get_token(), deadline).result();
  std::optional<Error> why;
  if (!sent)
    why = std::move(sent).error();
  else if (sent->status() < 200 || sent->status() > 299)
    why = http_error(sent->status(), post_.text());
  else
    (void)co_await sent->body(kMostReceipt).result();  // so that the connection can be kept
  if (why && mine) mine->answer.set(*std::move(why));
}

Task<Reply> SseConnection::send(const protocol::Revision& revision, Method method, std::string params, CallOptions options) {
  if (failure_) co_return *failure_;
  if (options.stop.stop_requested()) co_return Error(Code::cancelled, "the call was cancelled");
  if (pending_.size() >= options_.max_requests) co_return Error(Code::rate_limited, "too many requests are in flight");
  std::string id = std::to_string(next_id_++);
  protocol::RequestExtras extras;
  extras.method = options.method_name;
  extras.name = options.name;
  extras.traceparent = options.traceparent;
  extras.tracestate = options.tracestate;
  extras.baggage = options.baggage;
  if (options.on_notification) extras.progress_token = id;
  protocol::Outgoing out = protocol::legacy_request(revision, id, method, params, {}, extras);
  ++counters_.requests;
  auto mine = std::make_shared<Pending>();
  mine->on_notification = std::move(options.on_notification);
  pending_.emplace(id, mine);
  OpenCall call(calls_, method, options.on_request, params);
  tasks_.spawn(deliver(std::move(out), mine));

  Waited waited = co_await wait_for_answer(&mine->answer, &call, &loop_.timers(), options.stop, options.deadline);
  pending_.erase(id);
  // Given up: the server is told, and its late answer is a stranger. The handshake may not be cancelled.
  if (!waited.gave_up.empty() && method != Method::initialize && !failure_)
    notify(Method::cancelled, "{\"requestId\":" + id + ",\"reason\":" + base::quoted(waited.gave_up) + "}");
  co_return std::move(waited.reply);
}

Task<Reply> SseConnection::request(Method method, std::string params, CallOptions options) {
  co_return co_await send(*revision_, method, std::move(params), std::move(options));
}

void SseConnection::notify(Method method, std::string params, std::string_view name) {
  if (failure_) return;
  const protocol::Revision& revision = revision_ ? *revision_ : protocol::latest_legacy();
  tasks_.spawn(deliver(protocol::legacy_notification(revision, method, params, {}, name), nullptr));
}

void SseConnection::fail(Error why) {
  if (failure_) return;
  const bool mine = closing_.stop_requested();
  std::string text = mine ? "the connection was closed" : url_.text() + " broke its event stream off: " + why.message;
  failure_ = Error(mine ? Code::unavailable : why.code == Code::cancelled ? Code::unavailable : why.code, std::move(text));
  if (!ready_.ready()) ready_.set(*failure_);
  auto pending = std::move(pending_);
  pending_.clear();
  for (auto& [id, one] : pending) one->answer.set(*failure_);
  if (!mine && options_.on_ended) options_.on_ended();
}

Task<void> SseConnection::close(Millis) {
  closing_.request_stop();
  if (!failure_) fail(Error(Code::unavailable, "the connection was closed"));
  co_await tasks_.join();
}

}  // namespace sdk
