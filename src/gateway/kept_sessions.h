// Legacy sessions in the store, where a restarted gateway, or another instance, finds them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/blocking.h"
#include "gateway/carried.h"
#include "sdk/session_keeper.h"
#include "store/session_store.h"

namespace gateway {

// An id as clients carry it is sealed, with the instance that made it in front; the store knows what is inside.
// Lifetime: the parts outlive it, and its Tasks.
// Threads: the gateway's loop.
class KeptSessions final : public sdk::SessionKeeper {
 public:
  struct Parts {
    base::Loop& loop;
    base::BlockingPool& pool;
    store::SessionStore& store;
    const Carrier& carrier;
    // Whether another instance is there, and may serve a session.
    std::function<bool(std::string_view instance)> alive = [](std::string_view) { return false; };
  };
  explicit KeptSessions(Parts parts) : parts_(std::move(parts)) {}

  std::string new_id(std::string_view principal) override;
  base::Task<void> began(std::shared_ptr<sdk::Session> session, std::string path) override;
  base::Task<void> changed(std::shared_ptr<sdk::Session> session) override;
  base::Task<void> ended(std::shared_ptr<sdk::Session> session) override;
  base::Task<std::optional<sdk::KeptSession>> take(std::string id, std::string principal, std::string path) override;

  // Which instance serves the session of that id: this one, from now on, when nobody who is there did. Empty: there is no such session.
  // Errors: those of the store; unavailable.
  base::Task<std::string> place(std::string id);

 private:
  // What the store knows a session by. It is not sealed for its caller: the store says whose it is.
  std::string inside(std::string_view id) const;
  store::StoredSession stored(const sdk::Session& session) const;
  void report(const base::Result<>& outcome) const;

  Parts parts_;
};

}  // namespace gateway
