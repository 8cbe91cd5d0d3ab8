// One MCP path over HTTP: Streamable HTTP of both eras.
#pragma once

#include <memory>
#include <string>

#include "base/task_group.h"
#include "net/http_server.h"
#include "protocol/inbound.h"
#include "sdk/admission.h"
#include "sdk/event_store.h"
#include "sdk/handler.h"
#include "sdk/origin.h"
#include "sdk/session.h"
#include "sdk/session_keeper.h"

namespace sdk {

struct HttpEndpointOptions {
  std::string path = "/mcp";
  protocol::FrontOptions front;
  OriginRules origins;
  std::shared_ptr<Admission> protection;  // null: everybody may call
  std::shared_ptr<SessionKeeper> keeper;  // null: legacy sessions end with the process
  Millis keep_alive{15'000};              // between the comments on a stream where nothing else is said
  std::size_t max_waiting = 512;          // notifications of one stream that wait to be sent, and
  std::size_t max_waiting_bytes = 1 << 20;
  Millis open_stream_after{2'000};  // a call that is silent for so long gets its event stream, where streams can be taken up again
  Millis stream_linger{120'000};    // how long what belongs to no request is kept for a legacy client that reads no stream
};

// A request's own copy of what HTTP said, for work that outlives the connection it came on.
struct OwnedRequest {
  net::HttpRequest http;

  // Takes the body of `from`, and copies the rest.
  static std::shared_ptr<OwnedRequest> of(net::HttpRequest& from);

 private:
  std::string text_;
};

// Serves requests for one path. Which requests those are is the caller's business.
// Owns: the calls of legacy sessions, which go on without their connection; and, shared with other endpoints, these sessions.
// Threads: one loop; an endpoint on each loop may share handler and sessions.
// Lifetime: outlives the exchanges it serves. Destroy it after close() has ended, or after its loop has.
class HttpEndpoint {
 public:
  HttpEndpoint(Loop& loop, Handler& handler, std::shared_ptr<SessionTable> sessions, HttpEndpointOptions options);
  ~HttpEndpoint();

  // Answers one exchange, whatever it asks.
  // Modern: the client's going is the cancellation. Legacy: it is not; the work goes on, and when its stream had begun, its answer waits
  // for a client that takes the stream up again.
  Task<void> serve(net::HttpExchange& exchange);

  // Ends what runs without a connection, when the server has stopped: streams at once, calls after `grace`; then all sessions.
  // Returns when all have ended. Errors: none.
  Task<void> close(Millis grace);

  // Who may ask from now on.
  void admit(OriginRules origins) { options_.origins = std::move(origins); }

  const HttpEndpointOptions& options() const { return options_; }
  SessionTable& sessions() { return *sessions_; }

 private:
  class Line;
  class SessionLine;
  struct LegacyCall;
  // Headers that let a page of an allowed origin read the answer.
  struct Cors {
    std::string_view origin;
  };

  Task<void> serve_protected(net::HttpExchange& exchange, Cors cors);
  Task<void> serve_admitted(net::HttpExchange& exchange, std::shared_ptr<const oauth::Principal> caller);
  Task<void> serve_restored(net::HttpExchange& exchange, std::shared_ptr<OwnedRequest> owned, std::unique_ptr<Inbound> in, Cors cors);
  Task<void> serve_session(net::HttpExchange& exchange, std::shared_ptr<OwnedRequest> owned, std::unique_ptr<Inbound> request, Cors cors);
  Task<void> serve_judged(net::HttpExchange& exchange, std::shared_ptr<OwnedRequest> owned, std::unique_ptr<Inbound> request, Cors cors);
  Task<void> serve_request(net::HttpExchange& exchange, std::shared_ptr<OwnedRequest> owned, std::unique_ptr<Inbound> in, Cors cors);
  Task<Reply> ask(std::unique_ptr<Inbound> in, Outlet& out);
  Task<void> serve_initialize(net::HttpExchange& exchange, std::shared_ptr<OwnedRequest> owned, Inbound in, Cors cors);
  Task<void> serve_batch(net::HttpExchange& exchange, std::shared_ptr<OwnedRequest> owned, Inbound in, Cors cors);
  Task<void> serve_end(net::HttpExchange& exchange, std::shared_ptr<Session> session, Cors cors);
  Task<void> serve_call(net::HttpExchange& exchange, std::shared_ptr<OwnedRequest> owned, Inbound in, Cors cors);
  Task<void> serve_stream(net::HttpExchange& exchange, std::shared_ptr<OwnedRequest> owned, Inbound in, Cors cors);
  Task<void> run_call(std::shared_ptr<OwnedRequest> owned, Inbound in, std::shared_ptr<LegacyCall> call);
  Task<void> run_standing(std::shared_ptr<OwnedRequest> owned, Inbound in, std::shared_ptr<EventStream> stream);
  Task<void> deliver(net::HttpExchange& exchange, EventStream::Reader& reader, std::shared_ptr<base::Signal> signal, Cors cors,
                     std::shared_ptr<const oauth::Principal> until);
  void notice(const Inbound& in);
  // In http_restore.cpp. Sessions that the keeper has: null where it has none of that id.
  Task<std::shared_ptr<Session>> restore(Inbound in, std::shared_ptr<OwnedRequest> owned);
  Task<void> resubscribe(std::shared_ptr<Session> session, Inbound in, std::shared_ptr<OwnedRequest> owned);
  Task<void> keep(std::shared_ptr<Session> session);

  Loop& loop_;
  Handler& handler_;
  std::shared_ptr<SessionTable> sessions_;
  HttpEndpointOptions options_;
  protocol::HttpFront front_;
  std::uint64_t streams_ = 0;
  std::stop_source closing_;
  base::TaskGroup calls_;
};

}  // namespace sdk
