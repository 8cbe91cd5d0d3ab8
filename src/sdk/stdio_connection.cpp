#include "sdk/stdio_connection.h"

#include <algorithm>

#include "base/json.h"
#include "mcp/run.h"
#include "sdk/open_calls.h"

namespace sdk {

using protocol::MessageKind;
using protocol::Method;

namespace {

constexpr int kMostListens = 20;
constexpr Millis kListenPause{1'000};

struct Pending {
  base::OneShot<Reply> answer;
  OnNotification on_notification;
  bool listens = false;  // what carries its id as the subscription's belongs to it
};

}  // namespace

// One child, and who waits for it. Lives until its reader has seen the child's end, which may be after the connection's.
struct StdioConnection::Core {
  Core(std::shared_ptr<const ConnectionOptions> o, ConnectionCounters& c) : options(std::move(o)), counters(&c) {}

  std::shared_ptr<const ConnectionOptions> options;
  ConnectionCounters* counters;  // null once the connection is gone
  std::unique_ptr<net::Child> child;
  const protocol::Revision* revision = nullptr;
  std::map<std::string, std::shared_ptr<Pending>, std::less<>> pending;  // by raw id
  std::uint64_t next_id = 1;
  OpenCalls calls;
  std::optional<Error> failure;
  base::OneShot<void> ended;
  base::TaskGroup served;  // requests of the server

  void fail(Error error) {
    if (failure) return;
    failure = std::move(error);
    for (auto& [id, one] : std::exchange(pending, {})) one->answer.set(Error(*failure));
    if (counters && options->on_ended) options->on_ended();
  }
  void line(std::string text);
  void too_long(const Error& error);
  void answer(std::shared_ptr<std::string> text, const protocol::Message& message);
  void notification(const protocol::Message& message);
  Task<void> serve(std::string id, Method method, std::string params, Askable askable);
};

namespace {

// What a child's death says to those who waited.
Error death(const net::Child& child, const Error& error) {
  std::string message = error.message;
  std::string tail = child.stderr_tail();
  while (!tail.empty() && (tail.back() == '\n' || tail.back() == '\r')) tail.pop_back();
  if (auto last = tail.substr(tail.rfind('\n') + 1); !last.empty()) message += "; its last words: " + last.substr(0, 300);
  return Error(Code::unavailable, std::move(message));
}

// Reads the child to its end. Nobody awaits it: it holds what it needs.
mcp::detail::Detached read(std::shared_ptr<StdioConnection::Core> core) {
  for (;;) {
    Result<std::string> line = co_await core->child->read_line(core->options->max_message).result();
    if (line) {
      core->line(*std::move(line));
    } else if (line.error().code == Code::too_large) {
      core->too_long(line.error());
    } else {
      core->fail(death(*core->child, line.error()));
      break;
    }
  }
  core->ended.set(Result<>());
}

mcp::detail::Detached stop(std::shared_ptr<StdioConnection::Core> core) {
  (void)co_await core->child->stop(Millis(0)).result();
  (void)co_await core->ended.wait();
}

}  // namespace

void StdioConnection::Core::line(std::string text) {
  if (text.find_first_not_of(" \t") == std::string::npos) return;
  auto owned = std::make_shared<std::string>(std::move(text));
  owned->reserve(base::room_for_json(owned->size()));
  auto message = protocol::parse_message(*owned);
  if (!message) {
    if (counters) ++counters->noise;
    if (options->on_noise) options->on_noise(std::string_view(*owned).substr(0, 2000));
    return;
  }
  switch (message->kind) {
    case MessageKind::response:
    case MessageKind::error: return answer(std::move(owned), *message);
    case MessageKind::notification: return notification(*message);
    case MessageKind::request: {
      // Nothing says for which call the server asks.
      Askable askable = calls.only(message->params);
      served.spawn(serve(std::string(message->id), message->known, std::string(message->params), std::move(askable)));
    }
  }
}

// A line over the limit cannot be read, not even its id. Where one request waits it was its answer; else nobody can tell whose.
void StdioConnection::Core::too_long(const Error& error) {
  if (counters) ++counters->noise;
  if (options->on_noise) options->on_noise("a line was skipped: " + error.message);
  if (pending.size() != 1) return;
  auto one = std::move(pending.begin()->second);
  pending.clear();
  one->answer.set(Error(Code::too_large, "its answer is larger than " + std::to_string(options->max_message) + " bytes"));
}

void StdioConnection::Core::answer(std::shared_ptr<std::string> text, const protocol::Message& message) {
  auto found = pending.find(message.id);
  if (found == pending.end()) {
    if (counters) ++counters->strangers;
    return;
  }
  auto one = std::move(found->second);
  pending.erase(found);
  Reply reply;
  if (message.kind == MessageKind::error) {
    protocol::RpcError error;
    error.code = message.error_code;
    error.message = message.error_message;
    error.data = message.error_data;
    reply = Reply(std::move(error));
  } else {
    std::string_view slice = message.result;
    reply = Reply(std::move(*text), slice);
  }
  reply.from = revision;
  one->answer.set(std::move(reply));
}

void StdioConnection::Core::notification(const protocol::Message& message) {
  if (message.known == Method::progress) {
    auto params = protocol::read_params(message.params);
    auto found = params ? pending.find(params->progress_token) : pending.end();
    if (found == pending.end()) return;
    auto one = found->second;
    if (one->on_notification) one->on_notification(message.known, message.params);
    return;
  }
  auto params = protocol::read_params(message.params);
  if (message.known == Method::cancelled) {
    // Only a subscription is ended by its server (stdio, "Cancellation").
    auto found = params ? pending.find(params->request_id) : pending.end();
    if (found == pending.end() || !found->second->listens) return;
    auto one = std::move(found->second);
    pending.erase(found);
    return one->answer.set(Error(Code::unavailable, "the server ended the subscription"));
  }
  if (params && !params->meta.subscription_id.empty()) {
    auto found = pending.find(params->meta.subscription_id);
    auto one = found == pending.end() ? nullptr : found->second;
    if (one && one->listens && one->on_notification) return one->on_notification(message.known, message.params);
  }
  if (message.known == Method::subscriptions_acknowledged) return;
  // A message names no request: everybody who asked for messages may be meant, when nobody else listens.
  if (options->on_notification) {
    auto keep = options;
    keep->on_notification(message.known, message.params);
  }
  if (message.known != Method::message && message.known != Method::elicitation_complete) return;
  std::shared_ptr<Pending> only;  // but for subscriptions, which have none of these
  for (const auto& [id, one] : pending) {
    if (one->listens) continue;
    if (only) return;
    only = one;
  }
  if (only && only->on_notification) only->on_notification(message.known, message.params);
}

Task<void> StdioConnection::Core::serve(std::string id, Method method, std::string params, Askable askable) {
  Reply reply = co_await calls.answer(options.get(), std::move(askable), method, std::move(params));
  (void)child->write_line(protocol::one_line(encode_for_server(id, reply)));
}

StdioConnection::StdioConnection(Loop& loop, net::Reaper& reaper, net::ChildCommand command, net::ChildOptions child,
                                 ConnectionOptions options)
    : loop_(loop),
      reaper_(reaper),
      command_(std::move(command)),
      child_options_(std::move(child)),
      options_(std::make_shared<const ConnectionOptions>(std::move(options))) {}

StdioConnection::~StdioConnection() {
  closing_.request_stop();
  if (!core_) return;
  core_->counters = nullptr;
  if (!core_->ended.ready()) stop(core_);
}

Task<void> StdioConnection::start() {
  auto core = std::make_shared<Core>(options_, counters_);
  core->child = co_await net::Child::open_child(loop_, reaper_, command_, child_options_);
  if (core_ && !core_->ended.ready()) stop(core_);
  core_ = core;
  read(core_);
}

// A server that was legacy is spoken to that way at once; one that does not answer the handshake has changed, and is started anew.
Task<void> StdioConnection::settle_era() {
  const protocol::Revision* hint = options_->hint.revision;
  if (hint && hint->era == protocol::Era::legacy && options_->revisions.find(hint->name)) {
    Result<> met = co_await initialize(*hint).result();
    if (met) co_return;
    co_await start();
  }
  co_await probe();
}

Task<void> StdioConnection::open() {
  co_await start();
  Result<> settled = co_await settle_era().result();
  if (!settled) {
    (void)co_await close(Millis(500)).result();
    co_await std::move(settled);
  }
  if (options_->watch == ConnectionOptions::Watch::changes && modern()) tasks_.spawn(watch());
}

Task<void> StdioConnection::probe() {
  protocol::EraProbe probe(options_->revisions);
  protocol::EraProbe::Step step = probe.start();
  for (;;) {
    if (auto* modern = std::get_if<protocol::EraProbe::Modern>(&step)) {
      settle(*modern->revision, modern->discover);
      core_->revision = revision_;
      co_return;
    }
    if (auto* legacy = std::get_if<protocol::EraProbe::Legacy>(&step)) {
      if (legacy->restart_process || !core_->child->running()) co_await start();
      co_await initialize(*legacy->revision);
      co_return;
    }
    if (auto* undecided = std::get_if<protocol::EraProbe::Undecided>(&step)) co_await Result<>(undecided->reason);
    if (auto* incompatible = std::get_if<protocol::EraProbe::Incompatible>(&step)) co_await Result<>(incompatible->reason);
    const auto& ask = std::get<protocol::EraProbe::Discover>(step);
    // A server that does not know the method may keep silent; half of the time is left for the handshake then.
    CallOptions call;
    call.deadline = base::Timers::now() + options_->connect_time / 2;
    std::string id = std::to_string(core_->next_id);
    Result<Reply> reply = co_await send(*ask.revision, Method::server_discover, "{}", std::move(call)).result();
    if (!reply) {
      step = reply.error().code == Code::timeout ? probe.stdio_timeout() : probe.stdio_exit();
      continue;
    }
    std::string line = reply->error() ? protocol::encode_error(id, *reply->error()) : protocol::encode_result(id, reply->result());
    auto next = probe.stdio_line(line, id);
    if (!next) co_await mcp::fail(Code::upstream_failed, "the answer to server/discover makes no sense");
    step = *std::move(next);
  }
}

Task<void> StdioConnection::initialize(const protocol::Revision& revision) {
  CallOptions call;
  call.deadline = base::Timers::now() + options_->connect_time;
  Reply reply = co_await send(revision, Method::initialize, protocol::initialize_params(revision, options_->identity), std::move(call));
  if (reply.error()) co_await Result<>(protocol::from_rpc(*reply.error()));
  auto name = co_await base::json_string(base::find_member(reply.result(), "protocolVersion"));
  const protocol::Revision* chosen = options_->revisions.find(name);
  if (!chosen || chosen->era != protocol::Era::legacy)
    co_await mcp::fail(Code::upstream_failed, "the server wants to speak revision '" + name.substr(0, 40) + "', which is not spoken here");
  settle(*chosen, reply.result());
  core_->revision = revision_;
  notify(Method::initialized, {});
}

Task<Reply> StdioConnection::request(Method method, std::string params, CallOptions options) {
  CallOptions again = options;
  Reply reply = co_await send(*revision_, method, params, std::move(options));
  const protocol::Revision* other = modern() && reply.error() ? after_refusal(options_->revisions, *reply.error()) : nullptr;
  if (!other) co_return std::move(reply);
  revision_ = core_->revision = other;
  co_return co_await send(*other, method, std::move(params), std::move(again));
}

Task<Reply> StdioConnection::send(const protocol::Revision& revision, Method method, std::string params, CallOptions options) {
  auto core = core_;
  if (core->failure) co_return *core->failure;
  if (options.stop.stop_requested()) co_return Error(Code::cancelled, "the call was cancelled");
  if (core->pending.size() >= options_->max_requests) co_return Error(Code::rate_limited, "too many requests are in flight");
  std::string id = std::to_string(core->next_id++);
  protocol::RequestExtras extras;
  extras.log_level = options.log_level;
  extras.method = options.method_name;
  extras.name = options.name;
  extras.traceparent = options.traceparent;
  extras.tracestate = options.tracestate;
  extras.baggage = options.baggage;
  const bool listens = method == Method::subscriptions_listen;
  if (options.on_notification && !listens) extras.progress_token = id;
  std::string body;
  if (revision.era == protocol::Era::modern) {
    protocol::Outgoing out =
        co_await protocol::modern_request(revision, identity_for(options_->identity, options), id, method, params, extras);
    body = std::move(out.body);
  } else {
    body = protocol::legacy_request(revision, id, method, params, {}, extras).body;
  }
  ++counters_.requests;
  auto mine = std::make_shared<Pending>();
  mine->on_notification = std::move(options.on_notification);
  mine->listens = listens;
  core->pending.emplace(id, mine);
  OpenCall call(core->calls, method, options.on_request, params);
  if (auto written = core->child->write_line(protocol::one_line(std::move(body))); !written) {
    core->pending.erase(id);
    co_return std::move(written).error();
  }

  Waited waited = co_await wait_for_answer(&mine->answer, &call, &loop_.timers(), options.stop, options.deadline);
  if (waited.gave_up.empty()) co_return std::move(waited.reply);
  // Given up: the server is told, and its late answer is a stranger. The handshake may not be cancelled.
  core->pending.erase(id);
  if (method != Method::initialize && !core->failure) {
    std::string cancel = "{\"requestId\":" + id + ",\"reason\":" + base::quoted(waited.gave_up) + "}";
    std::string line = revision.era == protocol::Era::modern
                           ? protocol::modern_notification(revision, options_->identity, Method::cancelled, cancel).body
                           : protocol::legacy_notification(revision, Method::cancelled, cancel, {}).body;
    (void)core->child->write_line(protocol::one_line(std::move(line)));
  }
  co_return std::move(waited.reply);
}

void StdioConnection::notify(Method method, std::string params, std::string_view name) {
  std::string line = modern() ? protocol::modern_notification(*revision_, options_->identity, method, params, name).body
                              : protocol::legacy_notification(*revision_, method, params, {}, name).body;
  (void)core_->child->write_line(protocol::one_line(std::move(line)));
}

Task<void> StdioConnection::watch() {
  const std::string params = listen_params(capabilities_);
  // As long as the child runs; one that ends the subscription again and again is left alone.
  for (int attempt = 0; attempt < kMostListens && !params.empty() && alive() && !closing_.stop_requested(); ++attempt) {
    CallOptions call;
    call.stop = closing_.get_token();
    Result<Reply> ended = co_await send(*revision_, Method::subscriptions_listen, params, std::move(call)).result();
    if (ended && ended->error()) co_return;
    co_await loop_.timers().sleep(kListenPause, closing_.get_token());
  }
}

Task<void> StdioConnection::close(Millis grace) {
  closing_.request_stop();
  core_->fail(Error(Code::unavailable, "the connection was closed"));
  (void)co_await core_->child->stop(grace).result();
  (void)co_await core_->ended.wait();
  co_await core_->served.join();
  co_await tasks_.join();
}

bool StdioConnection::alive() const { return core_ && !core_->failure; }
std::string StdioConnection::why() const { return core_ && core_->failure ? core_->failure->message : std::string(); }

namespace {

Task<std::unique_ptr<Connection>> open_connection(std::unique_ptr<StdioConnection> connection) {
  co_await connection->open();
  std::unique_ptr<Connection> out = std::move(connection);
  co_return std::move(out);
}

}  // namespace

Task<std::unique_ptr<Connection>> open_stdio(Loop& loop, net::Reaper& reaper, net::ChildCommand command, net::ChildOptions child,
                                             ConnectionOptions options) {
  return open_connection(std::make_unique<StdioConnection>(loop, reaper, std::move(command), std::move(child), std::move(options)));
}

}  // namespace sdk
