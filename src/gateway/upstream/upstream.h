// One server of the config: started at its first use, started again when it died, and never in the way of the others.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/loop.h"
#include "base/task_group.h"
#include "gateway/config.h"
#include "gateway/status.h"
#include "gateway/token_bucket.h"
#include "gateway/upstream/backoff.h"
#include "gateway/upstream/breaker.h"
#include "gateway/upstream/credentials.h"
#include "gateway/upstream/gate.h"
#include "gateway/upstream/link.h"

namespace gateway {

// Makes the live connection; the one thing in which kinds differ. Gives up when the token says so.
using OpenLink = std::function<base::Task<std::unique_ptr<Link>>(LinkEvents events, std::stop_token stop)>;

// How an upstream is looked after; what no config says.
struct UpstreamCare {
  BackoffOptions restart;
  BreakerOptions breaker;
  Random random = system_random();
  base::Millis look{1'000};                  // between two looks at whether it lives and is used
  std::shared_ptr<Credentials> credentials;  // null: callers need none
};

// Owns: its link, and the work of starting it and looking after it. Errors name the server.
// What stands between a request and the link: limits on size and rate, the breaker, the gate with its queue, the start. What is refused
// there was never sent, and says when it may be tried again (retry_after in its data).
// Threads: one loop only. close() before destroying it.
class Upstream {
 public:
  Upstream(base::Loop& loop, const ServerConfig& config, OpenLink open, LinkEvents events, UpstreamCare care = {});
  ~Upstream();

  const ServerConfig& config() const { return config_; }
  // Another config that the same link serves (ServerConfig::same_link), and how links are opened from now on.
  void adjust(const ServerConfig& config, OpenLink open);
  UpstreamStatus status() const;
  // What it said of itself when the link was opened; null while there is none. Good until the next suspension.
  const Hello* hello() const { return link_ && link_->alive() ? &link_->hello() : nullptr; }
  // As Link::correlates.
  bool correlates() const { return !link_ || link_->correlates(); }

  // How often a link was opened: it is another one when this is another number. 0: never.
  std::uint64_t starts() const { return starts_; }

  // Sends one request, over a link that is opened first when there is none. A request that may have been sent is never sent twice.
  // Errors: as Link::request, and those of open(); rate_limited (the queue is full, or the rate passed), too_large (the request or its
  // result), unavailable (the breaker is open, or has opened while it waited).
  base::Task<sdk::Reply> request(LinkRequest request);

  // Passes a notification of a client on that is not known here, where there is a link.
  void notify(const Audience& audience, std::string_view name, std::string_view params) {
    if (hello()) link_->notify(audience, name, params);
  }

  // Ends the sessions of a handle (Audience), if there are any.
  void end_session(std::string_view handle) {
    if (hello()) link_->end_session(handle);
  }

  // Ends when requests of this caller may be sent: where they have to sign in first, they have. Errors: as Credentials::ready.
  base::Task<void> ready(std::string caller, std::stop_token stop);

  // Opens the link when there is none; several callers share one attempt, and a caller that gives up does not stop it.
  // Errors: unavailable (it cannot be started, with the reason; or it failed lately and is left alone), timeout, cancelled.
  base::Task<void> open(std::stop_token stop, base::Instant deadline);

  // As long as this lives, the upstream is not stopped for want of use: somebody wants to hear from it.
  [[nodiscard]] std::shared_ptr<void> keep_awake() const { return awake_; }

  // Ends the link and refuses everything from now on.
  base::Task<void> close();

 private:
  enum class State { idle, starting, up, down, stopped };
  class Turn;

  base::Task<void> start();
  void started(base::Result<> outcome);
  void notice_death();
  void bury_link();
  base::Result<> may_start(base::Instant now) const;
  base::Result<> may_ask(const LinkRequest& request, base::Instant now);
  base::Result<> may_list(base::Instant now) const;
  base::Error open_breaker(base::Instant now) const;
  base::Error too_large(std::string_view what, std::size_t size, std::size_t limit) const;
  void judge(Breaker::Admission how, base::Instant began, const Link& link, const base::Result<sdk::Reply>& reply);
  void note_failure(std::string reason);
  void breaker_opened();

  // Background work, all of it ended by work_'s stop.
  base::Task<void> tend();    // looks after a link that is up: noticing its death, stopping it when nobody uses it
  base::Task<void> revive();  // starts again what is to run always
  base::Task<void> probe();   // while the breaker is open: asks for a sign of life when the pause is over
  base::Task<void> probe_once(Breaker::Admission how);
  bool always_on() const { return config_.required || config_.start == ServerConfig::Start::eager; }

  base::Error named(base::Error error) const;

  base::Loop& loop_;
  ServerConfig config_;
  OpenLink open_;
  LinkEvents events_;
  UpstreamCare care_;

  State state_ = State::idle;
  std::string reason_;
  std::uint64_t starts_ = 0;
  bool closed_ = false;
  std::shared_ptr<Link> link_;
  base::Instant up_since_{};
  base::Waiters waiting_;  // for the attempt that runs now

  Backoff restart_;
  Breaker breaker_;
  Gate gate_;
  std::optional<TokenBucket> rate_;
  std::uint64_t failures_ = 0;
  std::string last_error_;
  std::size_t busy_ = 0;  // requests and fetches under way
  base::Instant used_{};  // when the last of them ended
  std::shared_ptr<int> awake_ = std::make_shared<int>();
  bool tending_ = false, reviving_ = false, probing_ = false;
  base::TaskGroup work_;
};

}  // namespace gateway
