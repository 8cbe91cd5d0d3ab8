// One MCP path over HTTP: Streamable HTTP of both eras.
#pragma once

#include <memory>
#include <string>

#include "net/http_server.h"
#include "protocol/inbound.h"
#include "sdk/handler.h"
#include "sdk/origin.h"
#include "sdk/session.h"

namespace sdk {

struct HttpEndpointOptions {
  std::string path = "/mcp";
  protocol::FrontOptions front;
  OriginRules origins;
  Millis keep_alive{15'000};      // between the comments on a stream where nothing else is said
  std::size_t max_waiting = 512;  // notifications of one stream that wait to be sent, and
  std::size_t max_waiting_bytes = 1 << 20;
};

// Serves requests for one path. Which requests those are is the caller's business.
// Owns: nothing that outlives a request but, shared with other endpoints, the legacy sessions.
// Threads: one loop; an endpoint on each loop may share handler and sessions.
// Lifetime: outlives the exchanges it serves.
class HttpEndpoint {
 public:
  HttpEndpoint(Loop& loop, Handler& handler, std::shared_ptr<SessionTable> sessions, HttpEndpointOptions options);
  ~HttpEndpoint();

  // Answers one exchange, whatever it asks.
  // Modern: the client's going is the cancellation. Legacy: it is not; the work goes on, and its answer is dropped.
  Task<void> serve(net::HttpExchange& exchange);

  const HttpEndpointOptions& options() const { return options_; }
  SessionTable& sessions() { return *sessions_; }

 private:
  class Line;
  struct Cors;

  Task<void> serve_request(net::HttpExchange& exchange, Inbound in, Cors cors);
  Task<void> serve_initialize(net::HttpExchange& exchange, Inbound in, Cors cors);
  Task<void> serve_batch(net::HttpExchange& exchange, Inbound in, Cors cors);
  Task<void> serve_stream(net::HttpExchange& exchange, Inbound in, Cors cors);
  void notice(const Inbound& in);

  Loop& loop_;
  Handler& handler_;
  std::shared_ptr<SessionTable> sessions_;
  HttpEndpointOptions options_;
  protocol::HttpFront front_;
  std::uint64_t streams_ = 0;
};

}  // namespace sdk
