// Finds out which era a server is of (Versioning, "Backward compatibility"; stdio and HTTP, the sections of that name).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "mcp/result.h"
#include "protocol/errors.h"
#include "protocol/message.h"
#include "protocol/versions/versions.h"

namespace protocol {

// A decision machine: say what happened, do what it returns. It holds no clock and no socket.
class EraProbe {
 public:
  // Send `server/discover` in `revision`, with the headers of modern_request over HTTP.
  struct Discover {
    const Revision* revision;
  };
  // The server is modern: speak `revision`. `discover` is its DiscoverResult as JSON text, or empty when it refused to give one with
  // an error that only modern servers know.
  struct Modern {
    const Revision* revision;
    std::string discover;
  };
  // The server is legacy: send `initialize` asking for `revision`. After HTTP answered 400, 404 or 405, `try_http_sse` says that a
  // failing `initialize` may still mean the old HTTP+SSE transport.
  struct Legacy {
    const Revision* revision;
    bool try_http_sse = false;
    bool restart_process = false;  // stdio: the probed process has ended; start another
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

  explicit EraProbe(RevisionSet spoken) : spoken_(std::move(spoken)) {}

  // The first step: Discover, or Legacy at once when no modern revision is spoken.
  Step start();
  // An HTTP answer came. `body` is the JSON-RPC answer, from a plain or an event-stream reply, or whatever else came.
  Step http_answer(int status, const std::string& body);
  // HTTP could not be reached, or did not answer in time: an outage, no sign of an era.
  Step http_unreachable(std::string_view why);
  // stdio: a line came. Nothing when it is no answer to the probe, whose raw id is `id`: noise, a notification; wait on.
  std::optional<Step> stdio_line(const std::string& line, std::string_view id);
  // stdio: no answer in a reasonable time, or the process ended.
  Step stdio_timeout();
  Step stdio_exit();

 private:
  // What an answer says; nothing when it is not a modern one.
  std::optional<Step> modern_answer(const Message& message);
  Step choose(std::string_view supported, std::string discover);
  Step fall_back(std::string_view why) const;

  RevisionSet spoken_;
  const Revision* asked_ = nullptr;
  int asked_again_ = 0;
};

}  // namespace protocol
