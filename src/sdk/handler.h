// The seam between an MCP endpoint and what answers there: an SDK server, or the gateway.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "base/loop.h"
#include "protocol/errors.h"
#include "protocol/inbound.h"
#include "protocol/legacy_session.h"
#include "protocol/results.h"

namespace net {
struct HttpRequest;
}
namespace oauth {
struct Principal;
}

namespace sdk {

using base::Code;
using base::Error;
using base::Loop;
using base::Millis;
using base::Result;
using base::Task;

class Session;

// One message of a client, as an endpoint hands it over. Everything in it is a slice of what came in, and good until the Task that it
// was given to has ended.
struct Inbound {
  protocol::Inbound rpc;
  // Headers, credentials and the peer's address; null on stdio.
  const net::HttpRequest* http = nullptr;
  // The endpoint's path, such as /mcp; empty on stdio.
  std::string_view path;
  // Who is calling, as a key that stays theirs (issuer "#" subject). Empty where nobody signs in. What is made for one caller (states,
  // tasks, handles) is bound to it.
  std::string_view principal;
  // The same in full; null where nobody signs in.
  std::shared_ptr<const oauth::Principal> caller;
  // The legacy session, or null for a modern message. On stdio there is one for the process.
  std::shared_ptr<Session> session;
  // What the client says of itself, as JSON text, of this message or of its session; never empty.
  std::string_view client_info = "{}";
  std::string_view client_capabilities = "{}";
  // The least level of log messages that the client wants, if it wants any.
  std::optional<protocol::LogLevel> log_level;

  protocol::Method method() const { return rpc.message.known; }
  // The revision that the answer is written in.
  const protocol::Revision& revision() const { return *rpc.revision; }
  bool modern() const { return rpc.modern(); }
};

// The answer to a request: a result as JSON text, or an error.
// A result may be a slice of the text that came from elsewhere: give the text, and where the slice stands in it.
class Reply {
 public:
  Reply() = default;
  Reply(std::string result) : text_(std::move(result)), size_(text_.size()) {}  // NOLINT(google-explicit-constructor)
  Reply(protocol::RpcError error)
      : error_(std::make_unique<protocol::RpcError>(std::move(error))) {}  // NOLINT(google-explicit-constructor)
  // A result that many replies share. `bare`: it has no member that depends on who asks (resultType, ttlMs, cacheScope, _meta), and is good
  // in every revision, so that it goes out without being looked at again.
  Reply(std::shared_ptr<const std::string> result, bool bare) : shared_(std::move(result)), bare_(bare), size_(shared_->size()) {}
  // `slice` points into `text`.
  Reply(std::string text, std::string_view slice) : begin_(static_cast<std::size_t>(slice.data() - text.data())), size_(slice.size()) {
    text_ = std::move(text);
  }

  std::string_view result() const { return std::string_view(shared_ ? *shared_ : text_).substr(begin_, size_); }
  bool bare() const { return bare_; }
  protocol::RpcError* error() const { return error_.get(); }

  // How long a cacheable result is good, where it does not say so itself.
  protocol::CacheHints hints;
  // The revision that an error was written in; null: the caller's own.
  const protocol::Revision* from = nullptr;

 private:
  std::string text_;
  std::shared_ptr<const std::string> shared_;  // in its place
  bool bare_ = false;
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
  std::unique_ptr<protocol::RpcError> error_;
};

// The way from a handler to the client beside the reply. On HTTP the first notification turns the answer into an event stream.
// Threads: the endpoint's loop.
class Outlet {
 public:
  // Queues a notification of this request (or, for a stream, of the server). `params` is a JSON object.
  // A notification that waits unsent already, equal in every byte, is not queued again.
  // Errors: rate_limited (the client reads too slowly; the notification is dropped), cancelled (nobody is there to read it).
  virtual Result<> notify(protocol::Method method, std::string_view params) = 0;

  // Asks a legacy client (elicitation/create, sampling/createMessage, roots/list) and gives its result as JSON text.
  // Errors: denied (a modern client, or no way to ask), cancelled, unavailable (the client is gone), or what the client answered.
  virtual Task<std::string> request(protocol::Method method, std::string params) = 0;
  // The same, given up when `stop` is requested: the client is told, and the error is cancelled.
  virtual Task<std::string> request_until(std::stop_token stop, protocol::Method method, std::string params);

  // Ends the event stream before the answer is there, and tells the client to come back for it in `retry`. Does nothing where the
  // client's revision or transport cannot do that.
  virtual void close_stream(Millis retry) { (void)retry; }

  // Requested when nobody waits for the answer any more: the client cancelled, a modern client closed the connection, or the endpoint
  // stops. Callbacks run on the loop.
  virtual std::stop_token stop_token() const = 0;
  virtual Loop& loop() = 0;

 protected:
  ~Outlet() = default;
};

// What answers at an endpoint. Protocol matters (the ladder, discover, initialize, ping, sessions, revisions) are the endpoint's.
// Lifetime: outlives its endpoints, and their Tasks.
// Threads: called on the loops of its endpoints; when there are several, at the same time.
class Handler {
 public:
  virtual ~Handler() = default;

  // How this server presents itself to this client, for discover and initialize. Capabilities are those of the modern era.
  virtual Task<protocol::ServerIdentity> identity(Inbound in) = 0;
  // The `Implementation` that results name as their server, as JSON text; empty writes none.
  virtual std::string_view server_info() const { return {}; }

  // Answers one request of any method but server/discover, initialize, ping and logging/setLevel. subscriptions/listen
  // acknowledges by a notification, lives until out.stop_token(), and then ends with a result.
  // An Error becomes the JSON-RPC error of the table; a Reply may carry an exact one.
  // Cancel: out.stop_token(); the reply is then dropped.
  virtual Task<Reply> handle(Inbound in, Outlet& out) = 0;

  // Serves the stream on which a legacy client hears what belongs to no request, until out.stop_token().
  virtual Task<void> stream(Inbound in, Outlet& out);

  // A notification came that the endpoint has no use for itself.
  virtual void notified(const Inbound& in) { (void)in; }
  // A legacy session ended: by the client, by time, or with the endpoint.
  virtual void session_ended(Session& session) { (void)session; }
};

// Waits until `stop` is requested.
Task<void> until_stopped(std::stop_token stop);

}  // namespace sdk
