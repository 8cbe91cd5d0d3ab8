// An upstream that calls hold on to, and that is closed when it is replaced and the last of them lets go.
#pragma once

#include <memory>
#include <stop_token>
#include <utility>

#include "gateway/upstream/upstream.h"

namespace gateway {

// Threads: one loop only.
class Held {
 public:
  // What the gateway and its calls hold. Dropping the last one destroys the upstream at once, but for one that retires.
  static std::shared_ptr<Upstream> hold(std::unique_ptr<Upstream> upstream, base::Loop& loop);

  // Waits until nobody holds it any more, or until the deadline, or `stop`; then closes it. Give it what the caller held. Those who still
  // hold it then find it closed. Errors: none.
  static base::Task<void> retire(std::shared_ptr<Upstream> upstream, base::Instant deadline, std::stop_token stop);

  // Requested when the upstream retires: what would go on for ever ends, and may begin anew elsewhere. One that is not held
  // never does.
  static std::stop_token retiring(const std::shared_ptr<Upstream>& upstream);

  Held(std::unique_ptr<Upstream> upstream, base::Loop& loop) : upstream_(std::move(upstream)), loop_(loop) {}

 private:
  struct LetGo {
    std::shared_ptr<Held> held;
    void operator()(Upstream*) const;
  };

  std::unique_ptr<Upstream> upstream_;
  base::Loop& loop_;
  std::stop_source retires_;
  base::OneShot<void> free_;
};

}  // namespace gateway
