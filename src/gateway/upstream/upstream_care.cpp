// The part of Upstream that decides what may be sent, learns from what comes back, and looks after the link meanwhile.
#include <algorithm>

#include "base/event.h"
#include "base/log.h"
#include "gateway/limits.h"
#include "gateway/upstream/upstream.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Instant;
using base::Millis;
using base::Result;
using base::Task;
using protocol::Method;

namespace {

// A child that lived so long before it died is started again as if for the first time.
constexpr Millis kLivedWell{10'000};
// What is kept of an error's text.
constexpr std::size_t kLongestReason = 400;

std::string shortened(std::string text) {
  if (text.size() <= kLongestReason) return text;
  std::size_t end = kLongestReason;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text + "…";
}

Millis until(Instant when, Instant now) { return std::max(Millis(0), std::chrono::duration_cast<Millis>(when - now)); }

std::string in_seconds(Millis time) {
  const auto tenths = (time.count() + 99) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

void Upstream::note_failure(std::string reason) {
  ++failures_;
  last_error_ = shortened(std::move(reason));
}

void Upstream::bury_link() {
  breaker_.renewed();  // what it learned was of this one
  // Its last requests may still be on their way out: what is shared goes when they do.
  auto bury = [](std::shared_ptr<Link> dead) -> Task<void> { co_await dead->close(); };
  work_.spawn(bury(std::exchange(link_, nullptr)));
}

void Upstream::notice_death() {
  reason_ = link_->why();
  state_ = State::down;
  const Instant now = base::Timers::now();
  if (now - up_since_ > kLivedWell) restart_.worked();
  restart_.failed(now);
  note_failure(reason_);
  base::log::warn("an upstream is gone", {{"server", config_.id}, {"reason", reason_}});
  base::events::happened({"upstream.state", config_.id, "", config_.id, "down", reason_});
  bury_link();
  if (always_on() && !reviving_) work_.spawn(revive());
}

Result<> Upstream::may_start(Instant now) const {
  if (restart_.ready(now)) return {};
  const Millis wait = until(restart_.next_try(), now);
  return Error(Code::unavailable, "it failed " + std::to_string(restart_.failures()) + " times and is left alone for " + in_seconds(wait) +
                                      " more; the last time: " + reason_)
      .with_data(retry_after(wait));
}

Error Upstream::open_breaker(Instant now) const {
  if (breaker_.state() == Breaker::State::half_open)
    return Error(Code::unavailable, "it failed too often, and is being tried with another request; the last failure: " + breaker_.reason())
        .with_data(retry_after(Millis(1'000)));
  const Millis wait = until(breaker_.next_try(), now);
  return Error(Code::unavailable,
               "it failed too often, and is tried again in " + in_seconds(wait) + "; the last failure: " + breaker_.reason())
      .with_data(retry_after(wait));
}

Error Upstream::too_large(std::string_view what, std::size_t size, std::size_t limit) const {
  return Error(Code::too_large, "the " + std::string(what) + " has " + std::to_string(size) + " bytes, over the limit of " +
                                    std::to_string(limit) + " (servers." + config_.id + ".limits." + std::string(what) + ")");
}

Result<> Upstream::may_ask(const LinkRequest& request, Instant now) {
  if (config_.largest_request > 0 && request.params.size() > config_.largest_request)
    return too_large("body", request.params.size(), config_.largest_request);
  if (request.method == Method::subscriptions_listen) return {};
  if (breaker_.refuses(now)) return open_breaker(now);
  if (gate_.inside() >= config_.concurrency && gate_.full())
    return Error(Code::rate_limited, "it is busy: " + std::to_string(gate_.inside()) + " requests run and " +
                                         std::to_string(gate_.waiting()) + " wait (servers." + config_.id + ".concurrency and queue)")
        .with_data(retry_after(Millis(1'000)));
  if (rate_ && !rate_->take(now))
    return Error(Code::rate_limited, "too many requests (servers." + config_.id + ".limits.rate)").with_data(retry_after(rate_->wait(now)));
  return {};
}

Result<> Upstream::may_list(Instant now) const {
  if (breaker_.refuses(now)) return open_breaker(now);
  return {};
}

// Its fault is what shows that it does not work: no connection, no answer, no sense. An answer is an answer, be it an error; and who
// gave up says nothing of it.
void Upstream::judge(Breaker::Admission how, Instant began, const Link& link, const Result<sdk::Reply>& reply) {
  const Instant now = base::Timers::now();
  if (reply) return breaker_.worked(how, now);
  const Code code = reply.error().code;
  const bool its_fault = code == Code::unavailable || code == Code::timeout || code == Code::upstream_failed;
  // A death counts once, however many requests die with it.
  if (code == Code::cancelled || closed_ || !link.alive()) return breaker_.given_up(how);
  if (!its_fault) return breaker_.worked(how, now);
  note_failure(reply.error().message);
  breaker_.failed(how, began, now, last_error_);
  if (breaker_.state() == Breaker::State::open) breaker_opened();
}

void Upstream::breaker_opened() {
  const Instant now = base::Timers::now();
  base::log::warn("an upstream failed too often and is left alone",
                  {{"server", config_.id}, {"reason", breaker_.reason()}, {"for_ms", until(breaker_.next_try(), now).count()}});
  if (gate_.waiting() > 0) gate_.send_away(open_breaker(now));
  if (!probing_ && !closed_) work_.spawn(probe());
}

Task<void> Upstream::tend() {
  tending_ = true;
  while (link_ && !work_.stop_token().stop_requested()) {
    const bool may_idle = config_.kind == ServerConfig::Kind::command && config_.idle_stop > Millis(0);
    const Millis look = may_idle ? std::min(care_.look, config_.idle_stop) : care_.look;
    co_await loop_.timers().sleep(look, work_.stop_token());
    if (!link_ || closed_) break;
    if (!link_->alive()) {
      notice_death();
    } else if (may_idle && busy_ == 0 && awake_.use_count() == 1 && base::Timers::now() - used_ >= config_.idle_stop) {
      state_ = State::stopped;
      base::log::info("an upstream is stopped, as nobody uses it", {{"server", config_.id}});
      bury_link();
    }
  }
  tending_ = false;
}

Task<void> Upstream::revive() {
  reviving_ = true;
  while (!closed_ && state_ == State::down && !work_.stop_token().stop_requested()) {
    const Instant now = base::Timers::now();
    // Never in a tight circle, even where the first tries are free.
    co_await loop_.timers().sleep(std::max(care_.restart.first, until(restart_.next_try(), now)), work_.stop_token());
    if (closed_ || state_ != State::down || work_.stop_token().stop_requested()) break;
    (void)co_await open(work_.stop_token(), base::Timers::now() + config_.connect_timeout).result();
  }
  reviving_ = false;
}

Task<void> Upstream::probe() {
  probing_ = true;
  // A child is asked at once: one that hangs is replaced, and never again gets a request as its trial.
  if (config_.kind == ServerConfig::Kind::command && link_ && link_->alive()) co_await probe_once(Breaker::Admission::goes);
  while (link_ && breaker_.state() == Breaker::State::open && !work_.stop_token().stop_requested()) {
    co_await loop_.timers().sleep(until(breaker_.next_try(), base::Timers::now()), work_.stop_token());
    if (!link_ || closed_ || breaker_.state() != Breaker::State::open) break;
    if (link_->alive() && breaker_.admit(base::Timers::now()) == Breaker::Admission::trial) co_await probe_once(Breaker::Admission::trial);
  }
  probing_ = false;
}

Task<void> Upstream::probe_once(Breaker::Admission how) {
  std::shared_ptr<Link> link = link_;
  const Instant began = base::Timers::now();
  LinkRequest request;
  // Any answer is a sign of life, an error too.
  const bool modern = link->hello().revision->era == protocol::Era::modern;
  request.method = modern ? Method::server_discover : Method::ping;
  request.params = "{}";
  request.stop = work_.stop_token();
  request.deadline = began + std::min(config_.connect_timeout, config_.deadline);
  Result<sdk::Reply> answer = co_await link->request(std::move(request)).result();
  if (closed_ || link != link_ || !link->alive()) {
    breaker_.given_up(how);
    co_return;
  }
  if (answer ||
      (answer.error().code != Code::unavailable && answer.error().code != Code::timeout && answer.error().code != Code::upstream_failed)) {
    if (how == Breaker::Admission::trial) breaker_.alive();
    co_return;
  }
  note_failure(answer.error().message);
  breaker_.failed(how, began, base::Timers::now(), last_error_);
  // A child that does not even answer this will not come back by itself.
  if (config_.kind == ServerConfig::Kind::command && busy_ == 0) {
    reason_ = "it did not answer any more and was ended: " + last_error_;
    state_ = State::down;
    restart_.failed(base::Timers::now());
    base::log::warn("an upstream that hangs is ended", {{"server", config_.id}, {"reason", last_error_}});
    bury_link();
    if (always_on() && !reviving_) work_.spawn(revive());
  }
}

}  // namespace gateway
