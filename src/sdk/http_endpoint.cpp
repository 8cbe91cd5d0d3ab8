#include "sdk/http_endpoint.h"

#include <array>
#include <functional>
#include <vector>

#include "base/json.h"
#include "net/sse.h"
#include "protocol/message.h"
#include "sdk/deprecations.h"
#include "sdk/dispatch.h"
#include "sdk/http_reply.h"
#include "sdk/once.h"
#include "sdk/quirk_report.h"

namespace sdk {
namespace {

using net::HttpHeader;
using protocol::InboundKind;
using protocol::Method;

constexpr std::string_view kJson = "application/json";

// A header's value; of one that came several times, all of them as one.
std::optional<std::string_view> header(const net::HttpRequest& http, std::string_view name, std::string& joined) {
  std::optional<std::string_view> found;
  for (const auto& line : http.headers) {
    if (!net::same_header(line.name, name)) continue;
    if (!found) {
      found = line.value;
      continue;
    }
    if (joined.empty()) joined = *found;
    joined.append(", ").append(line.value);
  }
  return joined.empty() ? found : std::optional<std::string_view>(joined);
}

// The headers that a judge wants to see, in one walk; one that came several times as header() gives it.
protocol::HttpFacts facts_of(const net::HttpRequest& http, std::array<std::string, 6>& joined) {
  protocol::HttpFacts facts;
  facts.method = http.method;
  const std::array<std::pair<std::string_view, std::optional<std::string_view>*>, 6> wanted = {{
      {"accept", &facts.accept},
      {"mcp-name", &facts.mcp_name},
      {"mcp-method", &facts.mcp_method},
      {"content-type", &facts.content_type},
      {"mcp-session-id", &facts.session_id},
      {"mcp-protocol-version", &facts.protocol_version},
  }};
  for (const auto& line : http.headers)
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto& [name, place] = wanted[i];
      if (!net::same_header(line.name, name)) continue;
      *place = *place ? header(http, name, joined[i] = std::string()) : std::optional<std::string_view>(line.value);
      break;
    }
  return facts;
}

}  // namespace

// The answer to one HTTP request, on its way: one JSON body, or an event stream from the first notification on. It ends with its
// connection; what does not is a SessionLine.
class HttpEndpoint::Line final : public Outlet {
 public:
  Line(HttpEndpoint& endpoint, net::HttpExchange& exchange, std::shared_ptr<Session> session, bool may_stream, Cors cors)
      : endpoint_(endpoint), exchange_(exchange), session_(std::move(session)), cors_(cors), may_stream_(may_stream) {}

  // The request is cancelled with the connection.
  void cancel_with_connection() { stop_ = exchange_.stop_token(); }
  // And also at this time: what would go on for ever ends with its caller's token.
  void cancel_at(oauth::WallTime when) {
    own_stop_.emplace();
    auto cancel = [stop = *own_stop_]() mutable { stop.request_stop(); };
    with_connection_.emplace(stop_, cancel);
    stop_ = own_stop_->get_token();
    auto left = std::chrono::duration_cast<Millis>(when - std::chrono::system_clock::now());
    expiry_ = base::Deadline(endpoint_.loop_.timers(), base::Timers::now() + left, cancel);
  }
  // The request is cancelled by its id, or with its session. False when the id is taken.
  bool cancel_with_session(std::string key) {
    own_stop_.emplace();
    stop_ = own_stop_->get_token();
    auto cancel = [loop = &endpoint_.loop_, stop = *own_stop_]() mutable {
      if (loop->here())
        stop.request_stop();
      else
        loop->post([stop]() mutable { stop.request_stop(); });
    };
    if (!session_->begin(key, std::move(cancel))) return false;
    key_ = std::move(key);
    return true;
  }
  ~Line() {
    if (session_ && !key_.empty()) session_->end(key_);
  }

  Result<> notify(Method method, std::string_view params) override {
    return push(protocol::encode_notification(protocol::method_name(method), params), Kind::notification);
  }

  Task<std::string> request(Method, std::string) override {
    co_return Error(Code::denied, "this client cannot be asked: it has no session or reads no streams");
  }

  std::stop_token stop_token() const override { return stop_; }
  Loop& loop() override { return endpoint_.loop_; }

  // Opens the event stream before there is anything to say.
  void open() {
    if (writer_) return;
    writer_.emplace();
    writer_->spawn(write());
  }

  // Sends the answer, which lives until the Task ends; that is when it is out, or nobody is there to read it. Errors: those of a client
  // that has gone.
  Task<void> finish(Answer* answer) {
    if (!writer_ && may_stream_ && !may_json_ && answer->retry_after == 0) open();
    if (!writer_) return respond_json(exchange_, *answer, cors_.origin);
    return finish_stream(answer);
  }
  void only_stream() { may_json_ = false; }

 private:
  enum class Kind { notification, answer };

  Result<> push(std::string message, Kind kind) {
    if (!may_stream_ && kind != Kind::answer) return Error(Code::cancelled, "the client reads no streams");
    if (broken_ || done_) return Error(Code::cancelled, "nobody reads this stream any more");
    if (kind == Kind::notification) {
      for (const auto& waiting : queue_)
        if (waiting == message) return {};
      if (queue_.size() >= endpoint_.options_.max_waiting || bytes_ + message.size() > endpoint_.options_.max_waiting_bytes)
        return Error(Code::rate_limited, "the client reads too slowly");
    }
    bytes_ += message.size();
    queue_.push_back(std::move(message));
    if (writer_)
      wake_.raise();
    else
      open();
    return {};
  }

  Task<void> finish_stream(Answer* answer) {
    if (!answer->message.empty()) (void)push(std::move(answer->message), Kind::answer);
    done_ = true;
    wake_.raise();
    while (!written_) co_await finished_.wait();
  }

  // The only user of the exchange once it runs.
  Task<void> write() {
    broken_ = !(co_await open_event_stream(exchange_, cors_.origin).result()).ok();
    std::string out;
    while (!broken_) {
      out.clear();
      for (auto& message : queue_) out += net::sse_message(protocol::one_line(std::move(message)));
      queue_.clear();
      bytes_ = 0;
      if (out.empty() && done_) break;
      if (out.empty() && silent_) out = net::sse_comment();
      silent_ = false;
      if (!out.empty()) {
        broken_ = !(co_await exchange_.write(out).result()).ok();
        continue;
      }
      base::Deadline keep_alive(endpoint_.loop_.timers(), base::Timers::now() + endpoint_.options_.keep_alive, [this] {
        silent_ = true;
        wake_.raise();
      });
      co_await wake_.wait();
    }
    if (!broken_) (void)co_await exchange_.end().result();
    queue_.clear();
    written_ = true;
    finished_.raise();
  }

  HttpEndpoint& endpoint_;
  net::HttpExchange& exchange_;
  std::shared_ptr<Session> session_;
  Cors cors_;
  std::string key_;
  std::stop_token stop_;
  std::optional<std::stop_source> own_stop_;
  std::optional<std::stop_callback<std::function<void()>>> with_connection_;
  base::Deadline expiry_;
  std::vector<std::string> queue_;
  std::size_t bytes_ = 0;
  base::Signal wake_, finished_;
  bool may_stream_;
  bool may_json_ = true;
  bool broken_ = false, done_ = false, written_ = false, silent_ = false;
  std::optional<base::TaskGroup> writer_;
};

HttpEndpoint::HttpEndpoint(Loop& loop, Handler& handler, std::shared_ptr<SessionTable> sessions, HttpEndpointOptions options)
    : loop_(loop), handler_(handler), sessions_(std::move(sessions)), options_(std::move(options)), front_(options_.front) {
  sessions_->on_end([&handler](Session& session) { handler.session_ended(session); });
}
HttpEndpoint::~HttpEndpoint() = default;

// What follows up to the branch at the end are plain functions where nothing has to be waited for: a stream that is open for hours keeps
// the frame of its branch, and nothing of how it came there.
Task<void> HttpEndpoint::serve(net::HttpExchange& exchange) {
  if (auto verdict = judge_origin(exchange.request(), options_.origins); verdict != OriginVerdict::fine) {
    std::string_view which = verdict == OriginVerdict::bad_host ? "this Host is not served here" : "this Origin is not allowed";
    return refuse(exchange, 403, protocol::invalid_request(std::string(which)), {}, {});
  }
  Cors cors{exchange.request().find("origin").value_or("")};
  if (exchange.request().method == "OPTIONS" && !cors.origin.empty()) return respond_preflight(exchange, cors.origin);
  // Who may not enter is not listened to.
  if (options_.protection) return serve_protected(exchange, cors);
  return serve_admitted(exchange, nullptr);
}

Task<void> HttpEndpoint::serve_protected(net::HttpExchange& exchange, Cors cors) {
  oauth::Verdict verdict = co_await options_.protection->admit(&exchange.request());
  if (auto* refusal = std::get_if<oauth::Refusal>(&verdict)) {
    co_await sdk::refuse(exchange, std::move(*refusal), cors.origin);
    co_return;
  }
  auto caller = std::get<std::shared_ptr<const oauth::Principal>>(std::move(verdict));
  co_await serve_admitted(exchange, std::move(caller));
}

Task<void> HttpEndpoint::serve_admitted(net::HttpExchange& exchange, std::shared_ptr<const oauth::Principal> caller) {
  // The calls of a session outlive their connection.
  std::shared_ptr<OwnedRequest> owned;
  if (exchange.request().find("mcp-session-id")) owned = OwnedRequest::of(exchange.request());
  const net::HttpRequest& http = owned ? owned->http : exchange.request();
  const Cors cors{exchange.request().find("origin").value_or("")};

  std::array<std::string, 6> joined;
  const protocol::HttpFacts facts = facts_of(http, joined);
  protocol::Received received = front_.receive(facts, http.body);
  if (auto* refusal = std::get_if<protocol::Refusal>(&received)) {
    report_quirks(refusal->quirks, options_.front.strictness, "{}", http.find("user-agent").value_or(""));
    return refuse(exchange, std::move(*refusal), cors.origin);
  }

  auto request = std::make_unique<Inbound>();
  Inbound& in = *request;
  in.rpc = std::get<protocol::Inbound>(std::move(received));
  in.http = &http;
  in.path = options_.path;
  if (caller) {
    if (auto refusal = options_.protection->allow(*caller, in.rpc)) return sdk::refuse(exchange, *std::move(refusal), cors.origin);
    in.principal = caller->key;
    in.caller = std::move(caller);
  }
  if (in.modern()) {
    in.client_info = in.rpc.params.meta.client_info.empty() ? "{}" : in.rpc.params.meta.client_info;
    in.client_capabilities = in.rpc.params.meta.client_capabilities.empty() ? "{}" : in.rpc.params.meta.client_capabilities;
    in.log_level = in.rpc.log_level;
    return serve_judged(exchange, std::move(owned), std::move(request), cors);
  }
  if (in.rpc.kind == InboundKind::request && in.method() == Method::initialize) {
    std::string_view info = base::find_member(in.rpc.message.params, "clientInfo");
    report_quirks(in.rpc.quirks, options_.front.strictness, info.empty() ? "{}" : info, http.find("user-agent").value_or(""));
    return serve_initialize(exchange, std::move(owned), std::move(in), cors);
  }
  if (!in.rpc.session_id)
    return refuse(exchange, 400, protocol::invalid_request("Mcp-Session-Id is missing: send initialize first"), in.rpc.message.id,
                  cors.origin);
  in.session = sessions_->find(*in.rpc.session_id, in.principal);
  if (!in.session && options_.keeper) return serve_restored(exchange, std::move(owned), std::move(request), cors);
  return serve_session(exchange, std::move(owned), std::move(request), cors);
}

Task<void> HttpEndpoint::serve_restored(net::HttpExchange& exchange, std::shared_ptr<OwnedRequest> owned, std::unique_ptr<Inbound> in,
                                        Cors cors) {
  Inbound copy = *in;
  Result<std::shared_ptr<Session>> restored = co_await restore(std::move(copy), owned).result();
  if (!restored) {
    co_await refuse(exchange, 503, protocol::to_rpc(restored.error()), in->rpc.message.id, cors.origin);
    co_return;
  }
  in->session = *std::move(restored);
  co_await serve_session(exchange, std::move(owned), std::move(in), cors);
}

Task<void> HttpEndpoint::serve_session(net::HttpExchange& exchange, std::shared_ptr<OwnedRequest> owned, std::unique_ptr<Inbound> request,
                                       Cors cors) {
  Inbound& in = *request;
  if (!in.session)
    return refuse(exchange, 404, protocol::invalid_request("this session does not exist (any more): send initialize"), in.rpc.message.id,
                  cors.origin);
  // A header that is a revision which is spoken here was let through; the session says which one it should have been.
  std::string joined;
  if (auto odd = protocol::version_header_quirk(header(*in.http, "mcp-protocol-version", joined), in.session->revision()))
    in.rpc.quirks.add(*odd);
  if (in.rpc.kind == InboundKind::batch && !in.session->revision().features.batching)
    return refuse(exchange, 400, protocol::invalid_request("Invalid request: batches are not part of this session's revision"), {},
                  cors.origin);
  in.rpc.revision = &in.session->revision();
  in.client_info = in.session->client_info();
  in.client_capabilities = in.session->client_capabilities();
  in.log_level = in.session->log_level();
  return serve_judged(exchange, std::move(owned), std::move(request), cors);
}

Task<void> HttpEndpoint::serve_judged(net::HttpExchange& exchange, std::shared_ptr<OwnedRequest> owned, std::unique_ptr<Inbound> request,
                                      Cors cors) {
  Inbound& in = *request;
  if (!in.rpc.quirks.empty()) {
    report_quirks(in.rpc.quirks, options_.front.strictness, in.client_info, in.http->find("user-agent").value_or(""));
    if (auto fine = protocol::judge_quirks(in.rpc.quirks, options_.front.strictness); !fine)
      return refuse(exchange, fine.error().http_status, fine.error(), in.rpc.message.id, cors.origin);
  }
  if (in.modern() && in.log_level) report_deprecated(peer_name(in.client_info), protocol::Deprecated::logging);

  switch (in.rpc.kind) {
    case InboundKind::request:
      if (in.session && in.rpc.accepts_stream) return serve_call(exchange, std::move(owned), std::move(in), cors);
      return serve_request(exchange, std::move(owned), std::move(request), cors);
    case InboundKind::open_stream: return serve_stream(exchange, std::move(owned), std::move(in), cors);
    case InboundKind::batch: return serve_batch(exchange, std::move(owned), std::move(in), cors);
    case InboundKind::end_session: return serve_end(exchange, std::move(in.session), cors);
    case InboundKind::notification:
    case InboundKind::response: break;
  }
  notice(in);
  return respond_empty(exchange, 202, cors.origin);
}

Task<void> HttpEndpoint::serve_end(net::HttpExchange& exchange, std::shared_ptr<Session> session, Cors cors) {
  sessions_->remove(session->id());
  if (options_.keeper) (void)co_await options_.keeper->ended(session).result();
  co_await respond_empty(exchange, 200, cors.origin);
}

void HttpEndpoint::notice(const Inbound& in) {
  if (in.rpc.kind == InboundKind::response || in.rpc.message.kind == protocol::MessageKind::response ||
      in.rpc.message.kind == protocol::MessageKind::error) {
    if (in.session) in.session->answered(in.rpc.message);
  } else if (in.method() == Method::cancelled && in.session) {
    in.session->cancel(in.rpc.params.request_id);
  } else if (in.method() != Method::initialized && in.method() != Method::cancelled) {
    handler_.notified(in);
  }
}

// The request goes away with its handler, and leaves nothing behind in this frame, which a stream keeps as long as it is open.
Task<void> HttpEndpoint::serve_request(net::HttpExchange& exchange, [[maybe_unused]] std::shared_ptr<OwnedRequest> owned,
                                       std::unique_ptr<Inbound> in, Cors cors) {
  Question question(*in);
  Line line(*this, exchange, in->session, in->rpc.accepts_stream, cors);
  if (!in->rpc.accepts_json) line.only_stream();
  if (in->method() == Method::subscriptions_listen) exchange.is_endless();
  Answer answer;
  if (in->modern()) {
    line.cancel_with_connection();
    if (in->caller && in->method() == Method::subscriptions_listen) line.cancel_at(in->caller->expires);
  } else if (!line.cancel_with_session(std::string(question.id))) {
    answer = encode_answer(question, Reply(protocol::invalid_request("a request with this id is running already")), {});
    (void)co_await line.finish(&answer).result();
    co_return;
  }
  const std::shared_ptr<Session> session = in->session;
  Task<Reply> asked = ask(std::move(in), line);
  Result<Reply> reply = co_await std::move(asked).result();
  if (session) co_await keep(session);
  if (line.stop_token().stop_requested() && !exchange.gone() && !reply) reply = Error(Code::cancelled, "the request was cancelled");
  answer = encode_answer(question, std::move(reply), handler_.server_info());
  (void)co_await line.finish(&answer).result();
}

Task<Reply> HttpEndpoint::ask(std::unique_ptr<Inbound> in, Outlet& out) {
  if (is_own(in->method())) return answer_own(handler_, options_.front.revisions, std::move(*in));
  return handler_.handle(std::move(*in), out);
}

Task<void> HttpEndpoint::serve_initialize(net::HttpExchange& exchange, [[maybe_unused]] std::shared_ptr<OwnedRequest> owned, Inbound in,
                                          Cors cors) {
  Question question(in);
  protocol::LegacySession settled(options_.front.revisions);
  Inbound copy = in;
  Result<protocol::ServerIdentity> identity = co_await handler_.identity(std::move(copy)).result();
  Answer answer;
  std::shared_ptr<Session> session;
  std::string id = options_.keeper ? options_.keeper->new_id(in.principal) : random_id();
  if (!identity) {
    answer = encode_answer(question, std::move(identity).error(), {});
  } else if (auto result = settled.initialize(in.rpc, *identity); !result) {
    answer = encode_answer(question, Reply(std::move(result.error())), {});
  } else if (auto added = sessions_->add(std::move(settled), in.principal, std::move(id)); !added) {
    answer = encode_answer(question, std::move(added).error(), {});
    answer.status = 503;
  } else {
    session = *std::move(added);
    answer.message = protocol::encode_result(question.id, *result);
  }
  if (session && options_.keeper) (void)co_await options_.keeper->began(session, options_.path).result();
  const HttpHeader headers[] = {{"Content-Type", kJson},
                                {"Mcp-Session-Id", session ? std::string_view(session->id()) : std::string_view()},
                                {"Access-Control-Allow-Origin", cors.origin},
                                {"Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate, Retry-After"},
                                {"Vary", "Origin"}};
  if (!session) {
    (void)co_await respond_json(exchange, answer, cors.origin).result();
    co_return;
  }
  std::span<const HttpHeader> lines(headers, cors.origin.empty() ? 2 : 5);
  co_await exchange.respond(answer.status, lines, answer.message);
}

Task<void> HttpEndpoint::serve_batch(net::HttpExchange& exchange, [[maybe_unused]] std::shared_ptr<OwnedRequest> owned, Inbound in,
                                     Cors cors) {
  // One after the other; notifications of the requests are not sent, so that the answer is one array.
  std::vector<std::string> answers;
  Line line(*this, exchange, in.session, false, cors);
  if (!line.cancel_with_session(" batch " + std::to_string(++streams_))) co_return;
  auto messages = std::move(in.rpc.batch);
  for (auto& message : messages) {
    if (!message) {
      answers.push_back(protocol::encode_error(message.error().id, message.error()));
      continue;
    }
    Inbound one = in;
    one.rpc.message = *message;
    auto params = protocol::read_params(message->params);
    if (message->kind != protocol::MessageKind::request) {
      if (params) one.rpc.params = *params;
      one.rpc.kind = message->kind == protocol::MessageKind::notification ? InboundKind::notification : InboundKind::response;
      notice(one);
      continue;
    }
    one.rpc.kind = InboundKind::request;
    Question question(one);
    Result<Reply> reply = Reply();
    if (!params) {
      reply = Reply(std::move(params.error()));
    } else if (one.method() == Method::initialize || !options_.front.methods.has(one.method())) {
      reply = Reply(protocol::method_not_found(message->method));
    } else {
      one.rpc.params = *params;
      one.rpc.name = batch_name(one.rpc);
      if (is_own(question.method))
        reply = co_await answer_own(handler_, options_.front.revisions, std::move(one)).result();
      else
        reply = co_await handler_.handle(std::move(one), line).result();
    }
    answers.push_back(encode_answer(question, std::move(reply), handler_.server_info()).message);
  }
  co_await keep(in.session);
  if (answers.empty()) {
    co_await respond_empty(exchange, 202, cors.origin);
  } else {
    Answer all;
    all.message = protocol::encode_batch(answers);
    (void)co_await line.finish(&all).result();
  }
}

}  // namespace sdk
