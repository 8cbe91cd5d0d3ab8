// A connection to a server of the old HTTP+SSE transport: one event stream for all that the server says, and a second address to POST to
// (Transports of the first revision, "HTTP with SSE"). Deprecated; for servers that have nothing newer.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/task_group.h"
#include "net/sse.h"
#include "protocol/message.h"
#include "sdk/connection.h"
#include "sdk/open_calls.h"

namespace sdk {

// The stream cannot be taken up again: when it ends, the connection is over.
// Threads: one loop only.
class SseConnection final : public Connection {
 public:
  SseConnection(Loop& loop, net::HttpClient& client, net::Url url, ConnectionOptions options);
  ~SseConnection() override;

  // Opens the stream, waits for the address to POST to, and does the handshake.
  // Errors: upstream_failed (no such stream, an address of another origin, or none in connect_time), and those of request().
  Task<void> open();
  // After open() failed: it was an event stream, if not a good one.
  bool was_stream() const { return stream_; }

  Task<Reply> request(protocol::Method method, std::string params, CallOptions options) override;
  void notify(protocol::Method method, std::string params, std::string_view name = {}) override;
  Task<void> close(Millis grace) override;
  bool alive() const override { return !failure_; }
  bool correlates() const override { return false; }
  std::string why() const override { return failure_ ? failure_->message : ""; }

 private:
  struct Pending {
    base::OneShot<Reply> answer;
    OnNotification on_notification;
  };

  Task<void> read(net::HttpResponse response);
  Result<> event(net::SseEvent one);
  Result<> endpoint(const std::string& text);
  void answer(std::string text);
  void notification(const protocol::Message& message);
  Task<Reply> send(const protocol::Revision& revision, protocol::Method method, std::string params, CallOptions options);
  Task<void> initialize();
  Task<void> serve(std::string id, protocol::Method method, std::string params, Askable askable);
  // POSTs one message. When it is not taken, `mine` is answered with the error.
  Task<void> deliver(protocol::Outgoing out, std::shared_ptr<Pending> mine);
  void fail(Error why);

  Loop& loop_;
  net::HttpClient& client_;
  net::Url url_;
  ConnectionOptions options_;
  net::Url post_;
  base::OneShot<void> ready_;  // the address to POST to has come, or never will
  std::optional<Error> failure_;
  std::map<std::string, std::shared_ptr<Pending>, std::less<>> pending_;
  std::uint64_t next_id_ = 1;
  OpenCalls calls_;
  bool stream_ = false;
  std::stop_source closing_;
  base::TaskGroup tasks_;
};

// The address that an `endpoint` event names: absolute, or relative to `stream`. Only one of the same origin is taken: another server
// must not be made to receive what is meant for this one.
// Errors: upstream_failed.
Result<net::Url> endpoint_url(const net::Url& stream, std::string_view text);

}  // namespace sdk
