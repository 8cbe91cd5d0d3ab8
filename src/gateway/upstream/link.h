// A live connection to one upstream, of whatever kind.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "gateway/audience.h"
#include "protocol/methods.h"
#include "protocol/param_headers.h"
#include "protocol/versions/revision.h"
#include "sdk/handler.h"

namespace gateway {

// What an upstream said of itself when the connection was made.
struct Hello {
  const protocol::Revision* revision = nullptr;
  std::string info;          // Implementation, JSON text, or empty
  std::string capabilities;  // ServerCapabilities, JSON text
  std::string instructions;
};

// What an upstream says without being asked.
struct LinkEvents {
  std::function<void(protocol::Method changed)> list_changed;
  // A legacy session was lost and made anew: what was subscribed in the old one is gone.
  std::function<void()> renewed;
  // A legacy server says how a task stands (notifications/tasks/status), in the session of `audience`.
  std::function<void(const Audience& audience, std::string_view params)> task_changed;
  // A call waits because calls that wait for answers have all the sessions: those of `audience`, or (null) those of the server.
  std::function<void(const Audience* audience)> crowded;
  // A process was started, and these layers of its sandbox do not hold on this machine; empty: all hold.
  std::function<void(std::string_view layers)> boxed;
};

// One request to an upstream. The slices must live until its Task has ended.
struct LinkRequest {
  protocol::Method method = protocol::Method::unknown;
  std::string_view method_name;                 // where `method` is unknown: a method of an extension, which passes by its name
  Audience audience;                            // for whom; of a legacy upstream it picks the session
  std::string_view name;                        // unless empty: what the upstream calls it, in place of the name in the params
  std::string_view params;                      // JSON object, its `_meta` as the client sent it; may be empty
  std::string_view client_capabilities;         // what the client behind this request can do, JSON text; empty: nothing
  std::string_view log_level;                   // plain; empty: no log messages
  const protocol::ToolHeaders* tool = nullptr;  // the marked properties of the tool that is called, if it has any
  std::vector<std::pair<std::string, std::string>> headers;  // HTTP: the caller's own, as forwarded_headers() gives them
  std::stop_token stop;
  base::Instant deadline;
  // Progress and log messages of this request, as they come; progress is asked for when this is set. The progress token is the
  // link's own.
  std::function<void(protocol::Method method, std::string_view params)> on_notification;
  // A legacy upstream asks the client behind this request: elicitation/create, sampling/createMessage, roots/list. Gives the client's
  // result as JSON text; its Error becomes the JSON-RPC error that the upstream hears. Null: nobody can be asked.
  std::function<base::Task<std::string>(protocol::Method method, std::string params)> on_question;
  // A legacy upstream ended the stream of this request, and answers when it is asked again in `retry`.
  std::function<void(base::Millis retry)> on_stream_closed;
};

// Threads: one loop only. Any number of requests at once. Destroy it only when none is pending.
class Link {
 public:
  virtual ~Link() = default;
  virtual const Hello& hello() const = 0;
  // Whether a question of the upstream says for which request it is. Where not, one request at a time can be asked about.
  virtual bool correlates() const { return true; }

  // Sends and waits for the answer. subscriptions/listen, for single resources, goes to upstreams of both eras: what it says comes to
  // on_notification, the acknowledgement first, until `stop`; it ends with unavailable when whom it was told to is gone.
  // Errors: unavailable (nothing was sent, or the connection went away), timeout, cancelled, upstream_failed (an answer that makes
  // no sense), too_large. What the upstream itself answers with an error is a Reply.
  virtual base::Task<sdk::Reply> request(LinkRequest request) = 0;

  // Passes a notification of a client on that is not known here.
  virtual void notify(const Audience& audience, std::string_view name, std::string_view params) {
    (void)audience, (void)name, (void)params;
  }

  // Ends the sessions of a handle (Audience), if there are any.
  virtual void end_session(std::string_view handle) { (void)handle; }

  // False once the other side is gone; then a new link has to be opened, and why() says what happened.
  virtual bool alive() const = 0;
  virtual std::string why() const = 0;

  // Ends it in good order, and all that hangs on it. Pending requests end with unavailable.
  virtual base::Task<void> close() = 0;
};

}  // namespace gateway
