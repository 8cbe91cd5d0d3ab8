// An HTTP/1.1 client on one loop, with kept connections.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "net/http_message.h"
#include "net/proxy.h"
#include "net/url.h"

namespace net {

namespace asio = base::asio;
using base::Code;
using base::Error;
using base::Instant;
using base::Loop;
using base::Millis;
using base::Result;
using base::Task;

struct HttpClientOptions {
  std::size_t max_head = 32 * 1024;  // of an answer's status line and headers
  std::size_t max_headers = 200;
  std::size_t max_idle = 64;    // connections kept for each origin; more are closed when they come back
  Millis connect_time{10'000};  // for DNS, TCP over all addresses, and TLS together
  Millis idle_time{55'000};     // a kept connection that was not used for so long is closed
  std::string extra_ca;         // a file of PEM certificates to trust beside the system's
  ProxyRules proxies;
  // How often one request goes where an answer sends it (follow_redirect says when that is refused); 0: such answers are given out as
  // they are.
  int max_redirects = 0;
  // Says which addresses may be connected to, the proxy's where there is one; null: all. It is asked about the very address that is then
  // connected to, so that a name which changes its address between a check and the connection does not help.
  std::function<bool(const asio::ip::address&)> may_connect;
};

// May a request be sent a second time when it is not known whether the first one was carried out?
enum class Repeat { never, harmless };

struct HttpClientRequest {
  std::string_view method = "GET";
  const Url* url = nullptr;
  std::span<const HttpHeader> headers;  // Host, Content-Length and Connection are added and must not be given
  std::string_view body;                // the URL, the views, the headers and the body must live until send() has ended
  Repeat repeat = Repeat::never;
};

struct HttpClientCounters {
  std::uint64_t open = 0;       // connections, in use or kept
  std::uint64_t idle = 0;       // kept
  std::uint64_t connected = 0;  // connections, ever
  std::uint64_t requests = 0;
  std::uint64_t retried = 0;
};

class ClientConnection;

// A piece of an answer's body.
struct HttpChunk {
  std::string_view bytes;  // good until the next read or the response's end
  bool end = false;        // nothing follows; `bytes` is empty then
};

// An answer whose head has come. The status and the headers are good as long as it lives.
// Owns: the connection. Read to its end, the connection goes back to the pool when this is destroyed; dropped before, it is closed.
// The request's stop_token and deadline hold until the end of the body.
// Threads: the client's loop only; one reader at a time.
class HttpResponse {
 public:
  explicit HttpResponse(std::shared_ptr<ClientConnection> connection);
  HttpResponse(HttpResponse&&) noexcept;
  HttpResponse& operator=(HttpResponse&&) noexcept;
  ~HttpResponse();

  int status() const;
  const HttpHeaders& headers() const;
  std::optional<std::string_view> find(std::string_view name) const { return headers().find(name); }

  // The next piece, as it comes. For streams. Errors: cancelled, timeout, upstream_failed (broken off, or nonsense).
  Task<HttpChunk> read_some();
  // What is left of the body, whole, with kBodyPadding bytes of spare capacity. Errors: as read_some; too_large (over `limit`).
  Task<std::string> body(std::size_t limit);
  // The same into `out`, whose memory is reused. `out` must live until the Task ends.
  Task<void> body_into(std::string* out, std::size_t limit);
  // The same at once, where the whole body has come with the head. False: it has not, or is over `limit`, and nothing was taken.
  bool take_body(std::string* out, std::size_t limit);
  // From now on the deadline is this one; for a stream that is meant to stay open.
  void extend(Instant deadline);

 private:
  std::shared_ptr<ClientConnection> connection_;
};

// Sends requests over kept connections, to http and https servers. TLS is 1.2 or newer, with the host's name verified against the
// system's certificates, also through a proxy. No cookie is kept, no compression asked for.
// Owns: the kept connections; destroying it closes them. Responses may outlive it; a send() may not.
// Threads: one loop only.
class HttpClient {
 public:
  HttpClient(Loop& loop, HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends `request` and waits for the head of the answer; answers 1xx are skipped.
  // A kept connection is looked at before it is used: one that the server has closed, or sent anything on, is dropped before a
  // byte is sent. If it breaks all the same before a byte of the answer came, the request is sent once more, on a new
  // connection, when the kernel took none of it or when `repeat` says that this is harmless; otherwise the call fails.
  // Errors: unavailable (no address, no connection, no TLS; names host:port), timeout (`deadline`), cancelled (`stop`),
  // upstream_failed (the connection broke after sending, or the answer is no HTTP), too_large (the head), invalid_argument (a
  // header with a line break in it), denied (no address of the host may be connected to); unavailable also for a redirect that is not
  // followed and a proxy that refuses.
  // Cancel: the connection is closed at once. The token must be used on this loop.
  Task<HttpResponse> send(HttpClientRequest request, std::stop_token stop, Instant deadline);

  HttpClientCounters counters() const;

 private:
  friend class ClientConnection;
  struct Pool;
  Task<std::shared_ptr<ClientConnection>> open_connection(Url url, std::stop_token stop, Instant deadline);

  std::shared_ptr<Pool> pool_;
};

}  // namespace net
