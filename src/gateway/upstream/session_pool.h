// The sessions with one legacy upstream, each for one audience.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>

#include "base/loop.h"
#include "base/task_group.h"
#include "gateway/upstream/link.h"

namespace gateway {

// Makes a session: a connection whose handshake declares what the audience can do.
using OpenSession = std::function<base::Task<std::unique_ptr<Link>>(Audience audience, LinkEvents events, std::stop_token stop)>;

// A legacy upstream learns in its handshake who calls and what they can do, and may keep state for it: so no session is ever shared
// between two audiences. Dead sessions are replaced at their next use; idle ones end.
// An audience with a handle has one session and never a second one, since what the upstream kept in the first is what the handle stands
// for; only the handles of clients' own sessions may get a new one.
// Owns: the sessions. Threads: one loop only. close() before destroying it; leases end before it.
class SessionPool {
 private:
  struct Slot;

 public:
  struct Limits {
    std::size_t per_audience = 8;
    std::size_t per_upstream = 64;
    base::Millis idle{3 * 60'000};         // after which a session ends that is not its audience's first
    base::Millis idle_first{30 * 60'000};  // ... and its first
    base::Millis patience{3'000};          // after which who waits for a session to be alone in says so (LinkEvents::crowded)
  };
  SessionPool(base::Loop& loop, OpenSession open, LinkEvents events) : SessionPool(loop, std::move(open), std::move(events), Limits{}) {}
  SessionPool(base::Loop& loop, OpenSession open, LinkEvents events, Limits limits);
  ~SessionPool();

  // `alone`: nobody else's `alone` runs in the session meanwhile.
  enum class Use { shared, alone };

  // A session in use. Giving it back may let others go on, inside of the destructor.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { give_back(); }
    Link& link() const;

   private:
    friend class SessionPool;
    Lease(SessionPool* pool, std::shared_ptr<Slot> slot, Use use) : pool_(pool), slot_(std::move(slot)), use_(use) {}
    void give_back();

    SessionPool* pool_ = nullptr;
    std::shared_ptr<Slot> slot_;
    Use use_ = Use::shared;
  };

  // The audience's oldest session that is free for this use; a new one where there is none; or one that becomes free in time.
  // Errors: rate_limited (none became free before the deadline), timeout, cancelled, not_found (the session of this handle is gone), or why
  // no session could be made.
  base::Task<Lease> lease(Audience audience, Use use, std::stop_token stop, base::Instant deadline);

  // The audience's oldest session, if it has one; good until the next suspension.
  Link* find(const Audience& audience) const;

  // Ends the sessions of a handle.
  void end(std::string_view handle);

  std::size_t size() const { return slots_.size(); }
  // Sessions with requests in flight.
  std::size_t busy() const;
  // Ends what is idle at `now`; runs by itself every while.
  void sweep(base::Instant now);
  // Ends all sessions, and refuses what waits for one.
  base::Task<void> close();

 private:
  std::shared_ptr<Slot> pick(const Audience& audience, Use use);
  std::shared_ptr<Slot> make(const Audience& audience);
  base::Task<void> start(std::shared_ptr<Slot> slot);
  void bury(std::list<std::shared_ptr<Slot>>::iterator slot);
  void watch();

  base::Loop& loop_;
  OpenSession open_;
  LinkEvents events_;
  Limits limits_;
  std::list<std::shared_ptr<Slot>> slots_;  // the oldest first
  // Handles that had their session, and when it was used last; as long as such a session may be asked for.
  std::map<std::string, base::Instant, std::less<>> had_;
  base::Waiters changed_;  // a session became free, or went
  base::Deadline sweeper_;
  bool watching_ = false;
  bool closed_ = false;
  base::TaskGroup work_;
};

}  // namespace gateway
