#include "base/loop.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <vector>

namespace base {

Timers::Id Timers::add(Instant when, std::function<void()> run) {
  when = std::min(when, Instant::max() - kTick);
  Id id = next_++;
  by_id_.emplace(id, due_.emplace(when, std::pair(id, std::move(run))));
  if (when + kTick < armed_for_) arm();
  return id;
}

bool Timers::cancel(Id id) {
  auto found = by_id_.find(id);
  if (found == by_id_.end()) return false;
  due_.erase(found->second);
  by_id_.erase(found);
  return true;
}

void Timers::clear() {
  due_.clear();
  by_id_.clear();
  timer_.cancel();
  armed_for_ = Instant::max();
}

void Timers::pass(Millis time) {
  passed_ += time;
  asio::post(timer_.get_executor(), [this] {
    if (!due_.empty()) fire();
  });
}

void Timers::arm() {
  armed_for_ = due_.begin()->first + kTick;
  timer_.expires_at(armed_for_ - passed_);
  timer_.async_wait([this](ErrorCode ec) {
    if (ec != asio::error::operation_aborted) fire();
  });
}

void Timers::fire() {
  armed_for_ = Instant::max();
  // Only what was due at the start: a callback that adds a due timer gets its turn on the next round.
  const Instant now = Timers::now();
  std::vector<Id> ids;
  for (auto it = due_.begin(); it != due_.end() && it->first <= now; ++it) ids.push_back(it->second.first);
  for (Id id : ids) {
    auto found = by_id_.find(id);
    if (found == by_id_.end()) continue;  // cancelled by one that ran before it
    auto run = std::move(found->second->second.second);
    cancel(id);
    run();
  }
  if (!due_.empty()) arm();
}

Task<void> Timers::sleep(Millis delay, std::stop_token stop) {
  OneShot<void> over;
  if (stop.stop_requested()) co_return;
  Deadline deadline(*this, now() + delay, [&over] { over.set(Result<>()); });
  auto wake = [&over] { over.set(Result<>()); };
  std::stop_callback on_stop(std::move(stop), wake);
  (void)co_await over.wait();
}

Task<void> Waiters::wait(Timers& timers, std::stop_token stop, Instant deadline) {
  struct Place {
    explicit Place(std::vector<OneShot<void>*>& l) : list(l) { list.push_back(&event); }
    ~Place() { std::erase(list, &event); }
    OneShot<void> event;
    std::vector<OneShot<void>*>& list;
  } place(events_);
  co_await wait_for(place.event, timers, std::move(stop), deadline);
}

void Waiters::wake(const Result<>& outcome) {
  // Each goes on inside set(), and may take others off the list or add some.
  std::vector<OneShot<void>*> now = events_;
  for (OneShot<void>* event : now)
    if (std::find(events_.begin(), events_.end(), event) != events_.end()) event->set(outcome);
}

Loop::~Loop() { timers_.clear(); }

void Loop::run() {
  auto keep = asio::make_work_guard(io_);
  io_.run();
}

}  // namespace base
