// Finds out which era a server is of (Versioning, "Backward compatibility"; stdio and HTTP, the sections of that name).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "mcp/result.h"
#include "protocol/errors.h"
#include "protocol/message.h"
#include "protocol/versions/versions.h"

namespace protocol {

// A decision machine: say what happened, do what it returns. It holds no clock and no socket.
class EraProbe {
 public:
  enum class Transport { stdio, http };

  // Send `server/discover` in `revision`, with the headers of modern_request over HTTP.
  struct Discover {
    const Revision* revision;
  };
  // The server is modern: speak `revision`. `discover` is its DiscoverResult as JSON text.
  struct Modern {
    const Revision* revision;
    std::string discover;
  };
  // The server is legacy: send `initialize` asking for `revision`. After HTTP answered 400, 404 or 405, `try_http_sse` says that a
  // failing `initialize` may still mean the old HTTP+SSE transport.
  struct Legacy {
    const Revision* revision;
    bool try_http_sse = false;
    bool restart_process = false;   // stdio: the probed process has ended; start another
  };
  // Nothing is known of the era: the server is down, or wants something first (sign-in). Probe again later.
  struct Undecided {
    mcp::Error reason;
  };
  // The server is modern and shares no revision with us.
  struct Incompatible {
    mcp::Error reason;
  };
  using Step = std::variant<Discover, Modern, Legacy, Undecided, Incompatible>;

  EraProbe(Transport transport, RevisionSet spoken);

  // The first step: Discover, or Legacy at once when no modern revision is spoken.
  Step start();
  // An HTTP answer came. `body` is the JSON-RPC answer, from a plain or an event-stream reply, or whatever else came.
  Step http_answer(int status, const std::string& body);
  // HTTP could not be reached, or did not answer in time: an outage, no sign of an era.
  Step http_unreachable(std::string_view why);
  // stdio: the answer to the probe came as a line.
  Step stdio_line(const std::string& line);
  // stdio: no answer in a reasonable time, or the process ended.
  Step stdio_timeout();
  Step stdio_exit();

 private:
  Step answered(const Message& message, int status);
  Step modern_error(const Message& message, bool* recognized);
  Step fall_back(int status);

  Transport transport_;
  RevisionSet spoken_;
  const Revision* asked_ = nullptr;
  int rounds_ = 0;
};

}  // namespace protocol
