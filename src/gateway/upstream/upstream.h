// One server of the config: started at its first use, started again when it died, and never in the way of the others.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/loop.h"
#include "base/task_group.h"
#include "gateway/catalog.h"
#include "gateway/config.h"
#include "gateway/status.h"
#include "gateway/upstream/link.h"

namespace gateway {

// Makes the live connection; the one thing in which kinds differ. Gives up when the token says so.
using OpenLink = std::function<base::Task<std::unique_ptr<Link>>(LinkEvents events, std::stop_token stop)>;

// Owns: its link, and the work of starting it. Errors name the server.
// Threads: one loop only. close() before destroying it.
class Upstream {
 public:
  Upstream(base::Loop& loop, const ServerConfig& config, OpenLink open, LinkEvents events);
  ~Upstream();

  const ServerConfig& config() const { return config_; }
  // Another config that the same link serves (ServerConfig::same_link), and how links are opened from now on.
  void adjust(const ServerConfig& config, OpenLink open);
  UpstreamStatus status() const;
  // What it said of itself when the link was opened; null while there is none. Good until the next suspension.
  const Hello* hello() const { return link_ && link_->alive() ? &link_->hello() : nullptr; }

  // Sends one request, over a link that is opened first when there is none. A request that may have been sent is never sent twice.
  // Errors: as Link::request, and those of open().
  base::Task<sdk::Reply> request(LinkRequest request);

  // Passes a notification of a client on that is not known here, where there is a link.
  void notify(const Audience& audience, std::string_view name, std::string_view params) {
    if (hello()) link_->notify(audience, name, params);
  }

  // Ends the sessions of a handle (Audience), if there are any.
  void end_session(std::string_view handle) {
    if (hello()) link_->end_session(handle);
  }

  // Opens the link when there is none; several callers share one attempt, and a caller that gives up does not stop it.
  // Errors: unavailable (it cannot be started, with the reason; or it died too often lately), timeout, cancelled.
  base::Task<void> open(std::stop_token stop, base::Instant deadline);

  // Asks for everything that it offers. Errors: as request; upstream_failed (an answer that makes no sense).
  base::Task<ServerCatalog> fetch();

  // Ends the link and refuses everything from now on.
  base::Task<void> close();

 private:
  enum class State { idle, starting, up, down };

  base::Task<void> start();
  void started(base::Result<> outcome);
  void notice_death();
  bool braked(base::Instant now) const;
  base::Task<void> fetch_list(DefinitionKind kind, ServerCatalog* into, std::shared_ptr<Link> link);
  base::Error named(base::Error error) const;

  base::Loop& loop_;
  ServerConfig config_;
  OpenLink open_;
  LinkEvents events_;

  State state_ = State::idle;
  std::string reason_;
  std::size_t tools_ = 0;
  std::uint64_t starts_ = 0;
  bool closed_ = false;
  std::shared_ptr<Link> link_;
  base::Waiters waiting_;             // for the attempt that runs now
  std::deque<base::Instant> deaths_;  // the latest ones, for the brake
  base::TaskGroup work_;
};

}  // namespace gateway
