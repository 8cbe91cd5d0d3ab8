// The client's end: one connection to one MCP server, whatever its era and transport.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "net/child.h"
#include "net/http_client.h"
#include "protocol/client_side.h"
#include "protocol/methods.h"
#include "protocol/param_headers.h"
#include "sdk/authorizer.h"
#include "sdk/handler.h"

namespace sdk {

using base::Instant;

// Takes a notification: its method, and its params as they came.
using OnNotification = std::function<void(protocol::Method method, std::string_view params)>;

// Answers a request of a legacy server: elicitation/create, sampling/createMessage, roots/list. Gives the result as JSON text.
using OnRequest = std::function<Task<std::string>(protocol::Method method, std::string params)>;

// What is known of a server from an earlier connection to it.
struct EraHint {
  const protocol::Revision* revision = nullptr;  // null: nothing is known
  std::string discover;                          // its DiscoverResult as JSON text, where it is modern
};

// What the owner of a connection wants to hear, and how it presents itself.
struct ConnectionOptions {
  protocol::ClientIdentity identity;
  protocol::RevisionSet revisions;
  // Notifications that belong to no request: lists that changed, resources that were updated, log messages of a legacy server.
  OnNotification on_notification;
  // Keeps a stream open on which the server says what changed, where the transport needs one for that.
  enum class Watch { no, changes } watch = Watch::no;
  // Requests of a legacy server but ping. Gives the result as JSON text. Those that `answers` does not have are refused as unknown
  // methods.
  OnRequest on_request;
  protocol::MethodSet answers;
  // A question of the server moves the deadlines of requests in flight by this much: somebody has to think.
  Millis answer_time{600'000};
  // A legacy session was lost and made anew: what was subscribed in the old one is gone.
  std::function<void()> on_renewed;
  // The stream on which a legacy server is heard between requests broke off and is open again: what was said meanwhile is lost.
  std::function<void()> on_missed;
  // The child, or the one stream of the old HTTP+SSE transport, has ended: alive() is false from now on.
  std::function<void()> on_ended;
  // Spares the probe. A hint that turns out wrong costs a probe.
  EraHint hint;
  // Lines of a child's standard output that are no message, and lines of its standard error.
  std::function<void(std::string_view line)> on_noise;

  Millis connect_time{10'000};                               // until the era is known and the handshake is over
  std::size_t max_message = 16 * 1024 * 1024;                // a larger answer is refused
  std::size_t max_requests = 1000;                           // in flight; one more is refused
  std::vector<std::pair<std::string, std::string>> headers;  // HTTP: with every request
  std::shared_ptr<Authorizer> authorizer;                    // HTTP: puts credentials on every request; may be null
};

// What goes with one request.
struct CallOptions {
  std::stop_token stop;
  Instant deadline = Instant::max();
  // Progress and messages of this request. Progress is asked for when this is set; its token is the connection's own.
  // For subscriptions/listen: all that comes for it, the acknowledgement first.
  OnNotification on_notification;
  // What a legacy server asks while it works on this request: on the request's own event stream or, where nothing says for which
  // request it asks, while this is the only one in flight that may be interrupted by a question. Before ConnectionOptions::on_request.
  // It may still run when the request has ended, and is then not listened to.
  OnRequest on_request;
  // A legacy server ended the event stream of this request in good order before the answer, and is asked again in `retry` (Streamable
  // HTTP, "Sending Messages": polling).
  std::function<void(Millis retry)> on_stream_closed;
  // Where the method is Method::unknown: its name.
  std::string_view method_name;
  // Unless empty: the name of the tool or prompt, in place of the one in the params.
  std::string_view name;
  // Modern: what the client behind this request can do (ClientCapabilities, JSON text); empty: what the connection's identity says.
  std::string_view client_capabilities;
  std::string_view log_level;  // modern: asks for messages of this level and above
  std::string_view traceparent;
  std::string_view tracestate;
  std::string_view baggage;
  // The tool's marked properties, whose values HTTP repeats in headers.
  const protocol::ToolHeaders* tool = nullptr;
  std::vector<std::pair<std::string, std::string>> headers;  // HTTP: with this request, besides the connection's own
  std::shared_ptr<Authorizer> authorizer;                    // HTTP: for this request, in place of the connection's; null: that one
  // Whether the request may be sent again, under a new id, when its answer was lost on the way. Requests that only read always may.
  net::Repeat repeat = net::Repeat::never;
};

struct ConnectionCounters {
  std::uint64_t requests = 0;
  std::uint64_t noise = 0;      // lines or events that are no message
  std::uint64_t strangers = 0;  // answers to what was not asked, or was answered already
};

// One connection. Any number of requests may be in flight.
// Owns: sockets or the child, and what runs for them. Destroy it after close() has ended, with no request in flight; destroyed
// without close(), the other end is cut off.
// Threads: one loop only. The views in CallOptions must live until the Task ends.
class Connection {
 public:
  virtual ~Connection() = default;

  // Sends a request and waits for its answer: a result or an error of the server, as it came (its revision is in Reply::from).
  // Errors: unavailable (the server cannot be reached, or went away; says how), timeout (the deadline), cancelled (stop),
  // upstream_failed (the answer makes no sense), unauthenticated or denied (HTTP 401, 403), too_large, rate_limited.
  // Cancel: the server is told in the way of its era; a late answer is ignored.
  virtual Task<Reply> request(protocol::Method method, std::string params, CallOptions options) = 0;
  // Sends a notification; nobody knows whether it arrives.
  // `name` is what it is called, where the method is Method::unknown.
  virtual void notify(protocol::Method method, std::string params, std::string_view name = {}) = 0;
  // From now on the server is heard also between requests, where the transport needs a stream of its own for that (legacy HTTP).
  virtual void hear() {}
  // Ends the session or the child in good order. Requests in flight end with unavailable.
  virtual Task<void> close(Millis grace) = 0;
  // False once the connection cannot serve requests any more; why() says the reason then. HTTP connections stay alive.
  virtual bool alive() const { return true; }
  // Whether a legacy server's question comes with a sign for which request it asks. Where it does not, only one request at a time can be
  // asked about.
  virtual bool correlates() const { return true; }
  virtual std::string why() const { return {}; }

  const protocol::Revision& revision() const { return *revision_; }
  bool modern() const { return revision_->era == protocol::Era::modern; }
  // JSON text: ServerCapabilities, and the server's Implementation.
  const std::string& capabilities() const { return capabilities_; }
  const std::string& server_info() const { return server_info_; }
  const std::string& instructions() const { return instructions_; }
  // The DiscoverResult that this rests on, or empty: for the hint of a later connection.
  const std::string& discovered() const { return discovered_; }
  const ConnectionCounters& counters() const { return counters_; }

 protected:
  // From a DiscoverResult or InitializeResult.
  void settle(const protocol::Revision& revision, std::string_view result);

  const protocol::Revision* revision_ = nullptr;
  std::string capabilities_ = "{}", server_info_ = "{}", instructions_, discovered_;
  ConnectionCounters counters_;
};

// Connects to an HTTP endpoint: finds out its era, and in the legacy one does the handshake, if need be over the old HTTP+SSE transport.
// `client` is shared with others and outlives the connection.
// Errors: as request; upstream_failed when no revision is shared.
Task<std::unique_ptr<Connection>> open_http(Loop& loop, net::HttpClient& client, net::Url url, ConnectionOptions options);

// Starts `command` and speaks over its standard input and output. `reaper` outlives the connection.
// Errors: those of net::Child::open_child; as request.
Task<std::unique_ptr<Connection>> open_stdio(Loop& loop, net::Reaper& reaper, net::ChildCommand command, net::ChildOptions child,
                                             ConnectionOptions options);

// The modern revision to speak after a server refused one with UnsupportedProtocolVersionError; null when none is shared.
const protocol::Revision* after_refusal(const protocol::RevisionSet& spoken, const protocol::RpcError& error);
// Codes with which legacy servers answer what they do not understand.
bool looks_legacy(const protocol::RpcError& error);

// How one request presents itself.
protocol::ClientIdentity identity_for(const protocol::ClientIdentity& connection, const CallOptions& call);

// The params of subscriptions/listen that ask for all that `capabilities` announce; empty when that is nothing.
std::string listen_params(std::string_view capabilities);

}  // namespace sdk
