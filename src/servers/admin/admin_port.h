// What the admin server asks of the gateway that it is part of.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mcp/task.h"

namespace servers::admin {

// Who acts, as a key that the port can look up: `issuer#subject`, or empty for whoever has the gateway's machine in their hands.
struct Actor {
  std::string key;
};

struct CallsWanted {
  std::string after;  // a cursor; empty: the newest
  std::size_t limit = 200;
  std::string text, server;
  enum class Show { all, failed };
  Show show = Show::all;
};

struct DecisionWanted {
  std::string id;
  enum class Verdict { approve, deny };
  Verdict verdict = Verdict::deny;
  std::string reason;
  std::optional<std::chrono::seconds> for_session;
};

// Each gives one JSON object as text, in which no secret stands. What changes something is written down by the port.
// Threads: the loop of the gateway. Lifetime: outlives the servers that ask it.
// Errors: not_found (no such call, server, approval or pin), conflict (its state does not permit this), denied (not this actor),
// unavailable (the store, or this gateway has no such part).
class AdminPort {
 public:
  using Answer = mcp::Task<std::string>;
  virtual ~AdminPort() = default;

  virtual Answer calls(CallsWanted wanted) = 0;
  virtual Answer call(std::string id) = 0;
  virtual Answer upstreams() = 0;
  virtual Answer restart(Actor actor, std::string server) = 0;
  virtual Answer budget() = 0;
  virtual Answer approvals() = 0;
  virtual Answer decide(Actor actor, DecisionWanted wanted) = 0;
  // Calls of a tool that were let through for a whole session.
  virtual Answer grants() = 0;
  virtual Answer revoke(Actor actor, std::string id) = 0;
  virtual Answer pins(std::string server) = 0;
  virtual Answer pin_differences(std::string server) = 0;
  // Without names: all that is held of the server.
  virtual Answer approve_pins(Actor actor, std::string server, std::vector<std::string> names) = 0;
  virtual Answer credentials() = 0;
  virtual Answer audit(std::string query, std::string cursor, std::size_t limit) = 0;
  virtual Answer verify_audit() = 0;
  virtual Answer doctor() = 0;
};

}  // namespace servers::admin
