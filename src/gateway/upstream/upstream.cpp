#include "gateway/upstream/upstream.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/event.h"
#include "base/log.h"
#include "gateway/limits.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Instant;
using base::Millis;
using base::Result;
using base::Task;
using protocol::Method;

namespace {

bool is_list(Method method) {
  switch (method) {
    case Method::tools_list:
    case Method::prompts_list:
    case Method::resources_list:
    case Method::resources_templates_list:
    case Method::server_discover: return true;
    default: return false;
  }
}

std::string_view kind_name(ServerConfig::Kind kind) {
  switch (kind) {
    case ServerConfig::Kind::builtin: return "builtin";
    case ServerConfig::Kind::command: return "command";
    case ServerConfig::Kind::url: break;
  }
  return "url";
}

}  // namespace

Upstream::Upstream(base::Loop& loop, const ServerConfig& config, OpenLink open, LinkEvents events, UpstreamCare care)
    : loop_(loop),
      config_(config),
      open_(std::move(open)),
      events_(std::move(events)),
      care_(std::move(care)),
      restart_(care_.restart, care_.random),
      breaker_(care_.breaker, care_.random),
      gate_(loop, config_.concurrency, config_.queue) {
  if (config_.rate) rate_.emplace(*config_.rate);
}

Upstream::~Upstream() = default;

void Upstream::adjust(const ServerConfig& config, OpenLink open) {
  if (config.rate != config_.rate) rate_ = config.rate ? std::optional(TokenBucket(*config.rate)) : std::nullopt;
  gate_.resize(config.concurrency, config.queue);
  config_ = config;
  open_ = std::move(open);
}

Error Upstream::named(Error error) const {
  std::string name = "server '" + config_.id + "'";
  if (!error.public_message.empty()) error.public_message = name + ": " + error.public_message;
  return std::move(error).in(name);
}

UpstreamStatus Upstream::status() const {
  UpstreamStatus out;
  out.id = config_.id;
  out.kind = kind_name(config_.kind);
  out.enabled = config_.enabled;
  out.required = config_.required;
  out.starts = starts_;
  out.in_flight = gate_.inside();
  out.queued = gate_.waiting();
  out.failures = failures_;
  out.last_error = last_error_;
  const Instant now = base::Timers::now();
  auto tried_in = [&](Instant when) { out.next_try = std::max(Millis(0), std::chrono::duration_cast<Millis>(when - now)); };
  const bool died = state_ == State::up && link_ && !link_->alive();
  if (!config_.enabled) {
    out.state = "disabled";
  } else if (died || state_ == State::down) {
    out.state = "down";
    out.reason = died ? link_->why() : reason_;
    if (!restart_.ready(now)) tried_in(restart_.next_try());
  } else if (state_ == State::up && breaker_.state() == Breaker::State::open) {
    out.state = "open";
    out.reason = breaker_.reason();
    tried_in(breaker_.next_try());
  } else if (state_ == State::up && breaker_.state() == Breaker::State::half_open) {
    out.state = "half-open";
    out.reason = breaker_.reason();
  } else if (state_ == State::up && breaker_.degraded(now)) {
    out.state = "degraded";
    out.reason = breaker_.reason();
  } else {
    constexpr std::array<std::string_view, 5> kStates = {"idle", "starting", "up", "down", "stopped"};
    out.state = kStates[static_cast<std::size_t>(state_)];
  }
  if (std::string lacking = care_.credentials ? care_.credentials->lacking() : std::string(); config_.enabled && !lacking.empty()) {
    out.state = kNeedsSignIn;
    out.reason = std::move(lacking);
  }
  return out;
}

Task<void> Upstream::ready(std::string caller, std::stop_token stop) {
  if (!care_.credentials) co_return;
  Result<> outcome = co_await care_.credentials->ready(std::move(caller), std::move(stop)).result();
  if (!outcome) co_await mcp::fail(named(std::move(outcome).error()));
}

Task<void> Upstream::open(std::stop_token stop, Instant deadline) {
  if (closed_) co_await mcp::fail(named(Error(Code::unavailable, "the gateway is stopping")));
  if (link_ && !link_->alive()) notice_death();
  if (link_) co_return;
  if (care_.credentials && !care_.credentials->opener())
    co_await mcp::fail(named(Error(Code::unauthenticated, "needs sign-in: gatehouse login " + config_.id)));
  if (state_ != State::starting) {
    if (auto may = may_start(base::Timers::now()); !may) co_await mcp::fail(named(std::move(may).error()));
    state_ = State::starting;
    work_.spawn(start());
    if (link_) co_return;
    if (state_ == State::down) co_await mcp::fail(named(Error(Code::unavailable, reason_)));
  }
  Result<> outcome = co_await waiting_.wait(loop_.timers(), std::move(stop), deadline).result();
  if (!outcome) co_await mcp::fail(named(std::move(outcome).error()));
}

Task<void> Upstream::start() {
  std::optional<Result<std::unique_ptr<Link>>> opened;
  Task<std::unique_ptr<Link>> opening = open_(events_, work_.stop_token());
  opened.emplace(co_await std::move(opening).result());
  if (!*opened) {
    started(std::move(*opened).error());
    co_return;
  }
  link_ = std::move(**opened);
  started({});
}

void Upstream::started(Result<> outcome) {
  if (outcome) {
    state_ = State::up;
    reason_.clear();
    ++starts_;
    up_since_ = used_ = base::Timers::now();
    breaker_.renewed();
    base::log::info("an upstream is up", {{"server", config_.id}, {"revision", link_->hello().revision->name}});
    base::events::happened({"upstream.state", config_.id, "", config_.id, "up", "speaks " + std::string(link_->hello().revision->name)});
    if (config_.kind != ServerConfig::Kind::builtin && !tending_) work_.spawn(tend());
  } else {
    state_ = State::down;
    reason_ = outcome.error().message;
    restart_.failed(base::Timers::now());
    note_failure(reason_);
    base::log::warn("an upstream cannot be started", {{"server", config_.id}, {"reason", reason_}});
    base::events::happened({"upstream.state", config_.id, "", config_.id, "down", reason_});
    if (always_on() && !reviving_) work_.spawn(revive());
  }
  waiting_.wake(outcome);
}

// One request between its admission and its end.
class Upstream::Turn {
 public:
  Turn(Upstream& upstream, Breaker::Admission admission) : admission_(admission), upstream_(upstream) { ++upstream_.busy_; }
  ~Turn() {
    --upstream_.busy_;
    upstream_.used_ = base::Timers::now();
    if (!judged_) upstream_.breaker_.given_up(admission_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  Breaker::Admission admission() const { return admission_; }
  Instant began() const { return began_; }
  void judged() { judged_ = true; }

 private:
  Breaker::Admission admission_;
  Upstream& upstream_;
  Instant began_ = base::Timers::now();
  bool judged_ = false;
};

Task<sdk::Reply> Upstream::request(LinkRequest request) {
  const Instant now = base::Timers::now();
  // What listens neither takes a place nor says how well the upstream answers. Lists, which the gateway asks for itself, take a place
  // that is free and wait for none: what there is must be known also where calls wait for each other.
  const bool lists = is_list(request.method);
  const bool beside = request.method == Method::subscriptions_listen;
  co_await ready(request.audience.caller, request.stop);
  std::optional<Gate::Pass> pass;
  auto admission = Breaker::Admission::goes;
  if (auto may = lists ? may_list(now) : may_ask(request, now); !may) co_await mcp::fail(named(std::move(may).error()));
  if (!beside) {
    pass = gate_.try_enter();
    if (!pass && !lists) {
      Result<Gate::Pass> waited = co_await gate_.wait(request.stop, request.deadline).result();
      if (!waited) co_return named(std::move(waited).error());
      pass.emplace(*std::move(waited));
    }
    admission = breaker_.admit(base::Timers::now());
    if (admission == Breaker::Admission::refused) co_await mcp::fail(named(open_breaker(base::Timers::now())));
  }
  Turn turn(*this, admission);
  if (closed_ || !link_ || !link_->alive())
    co_await open(request.stop, std::min(request.deadline, base::Timers::now() + config_.connect_timeout));
  std::shared_ptr<Link> link = link_;
  // A call that waits for a person takes no place from others. It is asked only while the request runs, and so while the pass is there.
  if (request.on_question)
    request.on_question = [&pass, ask = std::move(request.on_question)](Method method, std::string params) {
      pass.reset();
      return ask(method, std::move(params));
    };
  Result<sdk::Reply> reply = co_await link->request(std::move(request)).result();
  if (!beside) judge(turn.admission(), turn.began(), *link, reply);
  turn.judged();
  if (!reply) co_return named(std::move(reply).error());
  if (protocol::RpcError* error = reply->error(); error && !reply->from) reply->from = link->hello().revision;
  if (!lists && !reply->error() && reply->result().size() > config_.largest_result)
    co_return named(too_large("result", reply->result().size(), config_.largest_result));
  co_return std::move(reply);
}

Task<void> Upstream::close() {
  closed_ = true;
  work_.stop();
  co_await work_.join();
  if (auto link = std::exchange(link_, nullptr)) co_await link->close();
}

}  // namespace gateway
