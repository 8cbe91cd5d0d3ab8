#include "gateway/upstream/session_pool.h"

#include <algorithm>

namespace gateway {

using base::Code;
using base::Error;
using base::Instant;
using base::Result;
using base::Task;

namespace {

constexpr base::Millis kSweepEvery{30'000};

// What a client opened by itself is not made again behind its back.
bool only_once(const Audience& audience) { return audience.handle.starts_with("handle:"); }

}  // namespace

struct SessionPool::Slot {
  Audience audience;
  std::shared_ptr<Link> link;  // null while it is made
  std::size_t users = 0;
  bool taken = false;  // by one who is alone in it
  Instant last_used{};
  base::Waiters made;
  std::optional<Error> failed;
};

SessionPool::SessionPool(base::Loop& loop, OpenSession open, LinkEvents events, Limits limits)
    : loop_(loop), open_(std::move(open)), events_(std::move(events)), limits_(limits) {}
SessionPool::~SessionPool() = default;

SessionPool::Lease& SessionPool::Lease::operator=(Lease&& other) noexcept {
  std::swap(pool_, other.pool_);
  std::swap(slot_, other.slot_);
  std::swap(use_, other.use_);
  return *this;
}

Link& SessionPool::Lease::link() const { return *slot_->link; }

void SessionPool::Lease::give_back() {
  auto slot = std::exchange(slot_, nullptr);
  if (!slot) return;
  --slot->users;
  if (use_ == Use::alone) slot->taken = false;
  slot->last_used = base::Timers::now();
  pool_->changed_.wake({});
}

Link* SessionPool::find(const Audience& audience) const {
  for (const auto& slot : slots_)
    if (slot->link && slot->link->alive() && slot->audience == audience) return slot->link.get();
  return nullptr;
}

std::size_t SessionPool::busy() const {
  return static_cast<std::size_t>(std::count_if(slots_.begin(), slots_.end(), [](const auto& slot) { return slot->users > 0; }));
}

void SessionPool::bury(std::list<std::shared_ptr<Slot>>::iterator slot) {
  auto close = [](std::shared_ptr<Link> dead) -> Task<void> { co_await dead->close(); };
  // Its last requests may still be on their way out: what is shared goes when they do.
  if ((*slot)->link) work_.spawn(close((*slot)->link));
  slots_.erase(slot);
}

std::shared_ptr<SessionPool::Slot> SessionPool::pick(const Audience& audience, Use use) {
  for (auto it = slots_.begin(); it != slots_.end();) {
    auto next = std::next(it);
    const auto& slot = *it;
    if (slot->link && !slot->link->alive()) {
      bury(it);
    } else if (slot->link && slot->audience == audience && !(use == Use::alone && slot->taken)) {
      return slot;
    }
    it = next;
  }
  return nullptr;
}

// A new session for `audience`, where there is room for one; the one idle longest makes some.
std::shared_ptr<SessionPool::Slot> SessionPool::make(const Audience& audience) {
  auto of_this = [&](const auto& slot) { return slot->audience == audience; };
  const std::size_t most = audience.handle.empty() ? limits_.per_audience : 1;
  if (static_cast<std::size_t>(std::count_if(slots_.begin(), slots_.end(), of_this)) >= most) return nullptr;
  if (slots_.size() >= limits_.per_upstream) {
    auto oldest = slots_.end();
    for (auto it = slots_.begin(); it != slots_.end(); ++it)
      if ((*it)->link && (*it)->users == 0 && (*it)->audience.handle.empty() &&
          (oldest == slots_.end() || (*it)->last_used < (*oldest)->last_used))
        oldest = it;
    if (oldest == slots_.end()) return nullptr;
    bury(oldest);
  }
  auto slot = std::make_shared<Slot>();
  slot->audience = audience;
  slots_.push_back(slot);
  work_.spawn(start(slot));
  watch();
  return slot;
}

Task<void> SessionPool::start(std::shared_ptr<Slot> slot) {
  Task<std::unique_ptr<Link>> opening = open_(slot->audience, events_, work_.stop_token());
  Result<std::unique_ptr<Link>> opened = co_await std::move(opening).result();
  slot->last_used = base::Timers::now();
  if (opened && closed_) {
    co_await (*opened)->close();
    co_return;
  }
  if (opened) {
    slot->link = *std::move(opened);
    if (only_once(slot->audience)) had_[slot->audience.handle] = slot->last_used;
    slot->made.wake({});
  } else {
    slots_.remove(slot);
    slot->failed = opened.error();
    Result<> why(std::move(opened).error());
    slot->made.wake(why);
  }
  changed_.wake({});
}

Task<SessionPool::Lease> SessionPool::lease(Audience audience, Use use, std::stop_token stop, Instant deadline) {
  Instant crowded = base::Timers::now() + limits_.patience;
  for (;;) {
    if (closed_) co_await mcp::fail(Code::unavailable, "the connection was closed");
    if (auto slot = pick(audience, use)) {
      ++slot->users;
      if (use == Use::alone) slot->taken = true;
      co_return Lease(this, std::move(slot), use);
    }
    std::shared_ptr<Slot> fresh;
    if (use == Use::shared)
      for (const auto& slot : slots_)
        if (slot->audience == audience && !slot->link) fresh = slot;
    if (!fresh && only_once(audience) && had_.contains(audience.handle) &&
        std::none_of(slots_.begin(), slots_.end(), [&](const auto& slot) { return slot->audience == audience; }))
      co_await mcp::fail(Code::not_found, "the session is gone; open a new one");
    if (!fresh) fresh = make(audience);
    if (fresh) {
      if (fresh->link) continue;
      if (fresh->failed) co_await mcp::fail(*fresh->failed);
      co_await fresh->made.wait(loop_.timers(), stop, deadline);
      continue;
    }
    Result<> waited = co_await changed_.wait(loop_.timers(), stop, std::min(deadline, crowded)).result();
    const bool late = !waited && waited.error().code == Code::timeout;
    if (late && base::Timers::now() < deadline) {
      crowded = base::Timers::now() + limits_.patience;
      const bool of_all = slots_.size() >= limits_.per_upstream;
      if (use == Use::alone && audience.handle.empty() && events_.crowded) events_.crowded(of_all ? nullptr : &audience);
      continue;
    }
    if (late) co_await mcp::fail(Code::rate_limited, "all its sessions for this client are busy; try again when a call has ended");
    co_await std::move(waited);
  }
}

void SessionPool::end(std::string_view handle) {
  for (auto it = slots_.begin(); it != slots_.end();) {
    auto next = std::next(it);
    if ((*it)->link && (*it)->audience.handle == handle) bury(it);
    it = next;
  }
}

void SessionPool::sweep(Instant now) {
  for (const auto& slot : slots_)
    if (auto known = had_.find(slot->audience.handle); known != had_.end()) known->second = slot->last_used;
  std::erase_if(had_, [&](const auto& one) { return now - one.second > 2 * limits_.idle_first; });
  for (auto it = slots_.begin(); it != slots_.end();) {
    auto next = std::next(it);
    const auto& slot = *it;
    const bool first = std::none_of(slots_.begin(), it, [&](const auto& other) { return other->audience == slot->audience; });
    const bool idle = slot->link && slot->users == 0 && now - slot->last_used >= (first ? limits_.idle_first : limits_.idle);
    if (idle) bury(it);
    it = next;
  }
}

void SessionPool::watch() {
  if (watching_ || closed_) return;
  watching_ = true;
  auto look = [this] {
    watching_ = false;
    sweep(base::Timers::now());
    if (!slots_.empty() || !had_.empty()) watch();
  };
  sweeper_ = base::Deadline(loop_.timers(), base::Timers::now() + kSweepEvery, look);
}

Task<void> SessionPool::close() {
  closed_ = true;
  sweeper_ = base::Deadline();
  work_.stop();
  while (!slots_.empty()) bury(slots_.begin());
  Result<> gone(Error(Code::unavailable, "the connection was closed"));
  changed_.wake(gone);
  co_await work_.join();
}

}  // namespace gateway
