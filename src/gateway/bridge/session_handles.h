// Explicit sessions of modern clients with upstreams that keep state per session (`state: session`).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "gateway/audience.h"
#include "gateway/catalog.h"

namespace gateway {

// What the gateway adds to the tools of such an upstream, by the names that it has there.
struct SessionTools {
  static constexpr std::string_view kOpen = "open_session";
  static constexpr std::string_view kClose = "close_session";
  static constexpr std::string_view kArgument = "session";
};

// Adds to `tools` those that open and close a session, and the argument that names one to all others. A tool of the upstream's own that is
// called like one of the two is left out; its argument of that name is replaced. What was left out, for the log.
std::vector<std::string> add_session_tools(std::vector<Definition>& tools);

// The arguments without the session, as JSON text.
std::string without_session(std::string_view arguments);

// The sessions that were opened and not closed, each one caller's with one server.
// Threads: one loop only.
class SessionHandles {
 public:
  struct Limits {
    std::size_t most = 10'000;
    base::Millis idle{29 * 60'000};  // less than a pool keeps an idle session
  };
  SessionHandles() : SessionHandles(Limits{}) {}
  explicit SessionHandles(Limits limits) : limits_(limits) {}

  // Opens one for `audience` (without a handle). Its id, unguessable. Errors: rate_limited.
  mcp::Result<std::string> open(std::string server, Audience audience, base::Instant now);
  // The audience of the session, with its handle, when it is this caller's with this server and was not idle for too long. It is used now.
  std::optional<Audience> use(std::string_view id, std::string_view server, std::string_view caller, base::Instant now);
  void close(std::string_view id);
  std::size_t size() const { return open_.size(); }

 private:
  struct One {
    std::string server;
    Audience audience;
    base::Instant last_used;
  };
  Limits limits_;
  std::map<std::string, One, std::less<>> open_;
};

}  // namespace gateway
