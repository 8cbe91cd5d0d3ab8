// An HTTP/1.1 server on one loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "net/http_message.h"

namespace net {

using base::Code;
using base::Error;
using base::Instant;
using base::Loop;
using base::Millis;
using base::Result;
using base::Task;

// The answer to a request that is turned away because there is too much to do. The connection closes after it.
struct TurnedAway {
  int status = 503;
  unsigned retry_after = 1;  // seconds
  std::string type = "text/plain";
  std::string body = "too much to do; try again later\n";
};

struct HttpServerOptions {
  std::size_t max_head = 16 * 1024;        // request line and headers; more is 431
  std::size_t max_headers = 100;           // header lines; more is 431
  std::size_t max_body = 4 * 1024 * 1024;  // more is 413, said before the body has been read, then the connection closes
  std::size_t max_connections = 10'000;    // open at once; one more is answered 503 and closed
  Millis head_time{10'000};                // from the first byte of a head to its last; then 408
  Millis body_time{30'000};                // for a body, and one second more for each body_rate bytes received; then 408
  std::size_t body_rate = 16 * 1024;
  Millis idle_time{75'000};   // between two requests; then the connection closes
  Millis write_time{30'000};  // a write that makes no progress for so long means the client has gone
  // Bytes of bodies that have come, and of answers that wait for slow readers, on all connections; a request whose body would pass it is
  // turned away, before the body is read where its length is known.
  std::uint64_t max_held = 1ull << 40;
  // May this request, of which only the head has come, enter? Null: all may. It must be quick.
  std::function<bool(const HttpRequest& head)> doorman;
  TurnedAway turned_away;
};

// What is going on, as plain numbers. Read on the server's loop.
struct HttpServerCounters {
  std::uint64_t connections = 0;        // open now
  std::uint64_t streams = 0;            // open_stream() answers that have not ended
  std::uint64_t accepted = 0;           // connections, ever
  std::uint64_t requests = 0;           // whole requests handed to the handler, ever
  std::uint64_t handshakes_failed = 0;  // TLS connections that never became one, ever
  std::uint64_t refused = 0;            // requests answered by the server itself because they were malformed, too large or too slow
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t turned_away = 0;  // requests, and connections over the limit, ever
  std::uint64_t held = 0;         // bytes of bodies that have come, and of answers that wait for slow readers, now
};

class ServerConnection;
class ServerTls;

// One request and the answer to it. Given to the handler, good until the handler's Task has ended.
// An answer is either one respond(), or open_stream(), any number of write(), end(). A handler that ends without answering
// gives 500; one that ends with an open stream breaks the stream off, so that the client can tell that it is not whole.
// Threads: the server's loop only. One of its Tasks at a time.
class HttpExchange {
 public:
  // May be changed and moved from.
  HttpRequest& request();

  // Requested when the client has gone (closed or reset its connection), when the server stops and takes endless streams down,
  // or when its grace is over. A client
  // that closes only its sending half counts as gone too: HTTP clients do not do that, and waiting for one that crashed would
  // cost a call. The handler may go on all the same; the connection's memory stays until it ends. The token is the
  // connection's: whoever keeps it longer than the request hears of the client's end later.
  // Callbacks run on the loop and may end the handler.
  std::stop_token stop_token() const;
  // Says that the answer will be a stream that ends only with the client, or with the server: a stopping server ends it at once.
  void is_endless();
  // The client has gone, as above.
  bool gone() const;

  // Sends a whole answer; returns when the kernel has all of it. Content-Length, Date and Connection are added. The body of an
  // answer to HEAD is measured and not sent. `body` must live until the Task ends; the headers only for the call.
  // Errors: cancelled (the client is not there to receive it), internal (a header with a line break in it, or answered before).
  Task<void> respond(int status, HeaderLines headers, std::string_view body);

  // Starts an answer of unknown length (chunked; closed at its end for HTTP/1.0). Errors: as respond.
  Task<void> open_stream(int status, HeaderLines headers);
  // Sends one piece of the stream; returns when the kernel has all of it, which is the backpressure. An empty piece sends
  // nothing. `bytes` must live until the Task ends.
  // Errors: cancelled (the client has gone, or took nothing for write_time).
  Task<void> write(std::string_view bytes);
  // Ends the stream; afterwards the connection can serve the next request. Errors: cancelled.
  Task<void> end();

  // Something of the answer has been sent, or tried to be.
  bool answered() const;

 private:
  friend class ServerConnection;
  explicit HttpExchange(ServerConnection& connection) : connection_(connection) {}
  ServerConnection& connection_;
};

using HttpHandler = std::function<Task<void>(HttpExchange&)>;

// Reads requests, strictly, hands each to the handler, and sends the answers in order.
// Refused with 400 and a closed connection: everything by which two readers could see two different requests (RFC 9112 section
// 11.2), such as a body length given twice, folded lines, bare line feeds, white space around names, more or less than one Host.
// Owns: its connections and the handler's Tasks. Destroy it after stop() has ended, or after its loop has.
// Threads: one loop only, except adopt().
class HttpServer {
 public:
  HttpServer(Loop& loop, HttpServerOptions options, HttpHandler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Listens on an address ("127.0.0.1", "::1", "0.0.0.0") and port; 0 picks a free one, see port().
  // Several loops share a port by share_with(), not by SO_REUSEPORT: there the kernel refuses a second gateway on the port only if
  // no socket of the group has the option when bound, and does not balance a few long connections; connections waiting in one
  // listener's queue are reset when it closes. One acceptor that deals out sockets in turn has none of this, at the cost of
  // one post() for each new connection.
  // Errors: conflict (another process listens there), invalid_argument (not an address), denied (a port for root), unavailable.
  Result<> listen(const std::string& address, std::uint16_t port);
  // What TCP connections that are accepted from now on speak; null: plain HTTP. Those that are open go on as they began, and Unix sockets
  // are always plain.
  void use(std::shared_ptr<const ServerTls> tls) { tls_ = std::move(tls); }
  // Listens on a Unix socket that only this user may connect to (mode 0600). A socket left behind by a dead process is replaced.
  // Errors: conflict (somebody listens there, or it is no socket), invalid_argument (too long a path), unavailable.
  Result<> listen_unix(const std::string& path);
  // The port of the first listen() that succeeded, or 0.
  std::uint16_t port() const;

  // From now on, accepted connections go in turn to this server and to each peer. Peers live on other loops (or this one) and
  // must stay until this server has stopped.
  void share_with(HttpServer& peer);
  // Serves a connected stream socket, which is now the server's. From any thread.
  void adopt(int socket);

  // Takes no more connections, closes the idle ones, lets running requests end (their answers say `Connection: close`), asks
  // endless streams to end by their stop_token. What still runs after `grace` is cut off: its stop_token is requested, its
  // connection closed. Returns when every handler has ended. Errors: none.
  Task<void> stop(Millis grace);

  // Requests whose body begins from now on may have this much of it.
  void limit_body(std::size_t bytes) { options_.max_body = bytes; }

  const HttpServerCounters& counters() const { return counters_; }

 private:
  friend class ServerConnection;
  friend class HttpExchange;
  struct Listener;

  Task<void> accept(Listener* listener);
  void serve(int socket);
  Result<> add_listener(int socket, std::string path);

  Loop& loop_;
  HttpServerOptions options_;
  HttpHandler handler_;
  std::shared_ptr<const ServerTls> tls_;
  HttpServerCounters counters_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<HttpServer*> peers_;
  std::size_t turn_ = 0;
  ServerConnection* first_ = nullptr;  // the open connections, linked
  bool stopping_ = false;
  std::uint16_t port_ = 0;
  base::TaskGroup tasks_;
};

}  // namespace net
