// What keeps legacy sessions beyond the memory of one process, so that a restarted one, or another, takes them up.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/handler.h"
#include "sdk/session.h"

namespace sdk {

// A session as it is kept.
struct KeptSession {
  std::string revision;
  std::string info;          // JSON
  std::string capabilities;  // JSON
  std::string level;         // of log messages; empty: none
  std::vector<std::string> subscribed;
};

// Threads: the endpoint's loop.
class SessionKeeper {
 public:
  virtual ~SessionKeeper() = default;

  // The id of a new session of `principal`, as in Inbound; safe in a header.
  virtual std::string new_id(std::string_view principal) = 0;
  // A session began at the endpoint of that path; it is kept when this ends. What cannot be kept lives in memory alone.
  virtual Task<void> began(std::shared_ptr<Session> session, std::string path) = 0;
  // Its level or its subscriptions changed, or it is still in use.
  virtual Task<void> changed(std::shared_ptr<Session> session) = 0;
  // Its client ended it.
  virtual Task<void> ended(std::shared_ptr<Session> session) = 0;
  // A session that this process does not have, and from now on has. Nothing: unknown, another's, or of another path.
  // Errors: unavailable (where sessions are kept cannot be asked, or another process has it).
  virtual Task<std::optional<KeptSession>> take(std::string id, std::string principal, std::string path) = 0;
};

}  // namespace sdk
