#include "gateway/upstream/held.h"

namespace gateway {

std::shared_ptr<Upstream> Held::hold(std::unique_ptr<Upstream> upstream, base::Loop& loop) {
  auto held = std::make_shared<Held>(std::move(upstream), loop);
  Upstream* at = held->upstream_.get();
  return {at, LetGo{std::move(held)}};
}

// Later, as whoever lets go is in the middle of something.
void Held::LetGo::operator()(Upstream*) const {
  if (!held->retires_.stop_requested()) return;
  held->loop_.post([waiting = std::weak_ptr<Held>(held)] {
    if (auto one = waiting.lock()) one->free_.set({});
  });
}

std::stop_token Held::retiring(const std::shared_ptr<Upstream>& upstream) {
  auto* let_go = std::get_deleter<LetGo>(upstream);
  return let_go ? let_go->held->retires_.get_token() : std::stop_token();
}

base::Task<void> Held::retire(std::shared_ptr<Upstream> upstream, base::Instant deadline, std::stop_token stop) {
  std::shared_ptr<Held> held = std::get_deleter<LetGo>(upstream)->held;
  held->retires_.request_stop();
  upstream.reset();
  (void)co_await base::wait_for(held->free_, held->loop_.timers(), std::move(stop), deadline).result();
  co_await held->upstream_->close();
}

}  // namespace gateway
