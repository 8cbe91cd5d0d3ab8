#include "net/http_client.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "net/client_connection.h"
#include "net/redirect.h"

namespace net {
namespace {

using asio::ip::tcp;
using Resolver = asio::ip::basic_resolver<tcp, base::Executor>;

// One step towards a connection. The operation under way keeps it alive, so that the wait for it can end before the operation
// does: a lookup in the system's resolver cannot be broken off.
struct Lookup {
  explicit Lookup(Loop& loop) : resolver(loop.executor()) {}
  Resolver resolver;
  base::OneShot<std::vector<tcp::endpoint>> done;
};
struct Attempt {
  explicit Attempt(Loop& loop) : socket(loop.executor()) {}
  StreamSocket socket;
  base::OneShot<void> done;
};

// Waits for `step->done`, but no longer than until `deadline` or `stop`.
template <class Step, class T>
Task<T> bounded(Loop* loop, std::shared_ptr<Step> step, base::OneShot<T>* done, std::stop_token stop, Instant deadline) {
  base::Deadline timer(loop->timers(), deadline, [step, done] { done->set(Error(Code::timeout, "no answer in time")); });
  auto cancelled = [step, done] { done->set(Error(Code::cancelled, "the call was cancelled")); };
  std::stop_callback on_stop(std::move(stop), cancelled);
  Result<T> result = co_await done->wait();
  if constexpr (std::is_void_v<T>)
    co_await std::move(result);
  else
    co_return std::move(result);
}

Task<std::vector<tcp::endpoint>> look_up(Loop* loop, std::string host, std::uint16_t port, std::stop_token stop, Instant deadline) {
  ErrorCode not_address;
  auto address = asio::ip::make_address(host, not_address);
  if (!not_address) co_return std::vector<tcp::endpoint>{tcp::endpoint(address, port)};
  auto lookup = std::make_shared<Lookup>(*loop);
  auto found = [lookup](ErrorCode error, Resolver::results_type results) {
    if (error) return lookup->done.set(Error(Code::unavailable, error.message()));
    std::vector<tcp::endpoint> endpoints;
    for (const auto& entry : results) endpoints.push_back(entry.endpoint());
    lookup->done.set(std::move(endpoints));
  };
  lookup->resolver.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service, found);
  co_return co_await bounded(loop, lookup, &lookup->done, std::move(stop), deadline);
}

Task<StreamSocket> connect(Loop* loop, tcp::endpoint endpoint, std::stop_token stop, Instant deadline) {
  auto attempt = std::make_shared<Attempt>(*loop);
  auto connected = [attempt](ErrorCode error) {
    if (error)
      attempt->done.set(Error(Code::unavailable, error.message()));
    else
      attempt->done.set(Result<>());
  };
  attempt->socket.async_connect(asio::generic::stream_protocol::endpoint(endpoint), connected);
  Result<> result = co_await bounded(loop, attempt, &attempt->done, std::move(stop), deadline).result();
  if (!result) {
    ErrorCode ignored;
    attempt->socket.close(ignored);
    co_return std::move(result).error();
  }
  co_return std::move(attempt->socket);
}

}  // namespace

std::shared_ptr<ClientConnection> HttpClient::Pool::take(const std::string& origin) {
  auto found = kept.find(origin);
  if (found == kept.end()) return nullptr;
  while (!found->second.empty()) {
    auto connection = std::move(found->second.back());
    found->second.pop_back();
    --counters.idle;
    connection->leave_pool();
    if (!connection->stale()) return connection;
    connection->close();
  }
  return nullptr;
}

void HttpClient::Pool::keep(std::shared_ptr<ClientConnection> connection) {
  auto& list = kept[connection->origin()];
  if (list.size() >= options.max_idle) {
    connection->leave_pool();
    return connection->close();
  }
  ++counters.idle;
  list.push_back(std::move(connection));
}

void HttpClient::Pool::forget(ClientConnection& connection) {
  auto found = kept.find(connection.origin());
  if (found == kept.end()) return;
  counters.idle -= std::erase_if(found->second, [&](const auto& c) { return c.get() == &connection; });
  if (found->second.empty()) kept.erase(found);
}

Result<asio::ssl::context*> HttpClient::Pool::tls() {
  if (context) return context.get();
  auto made = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX* raw = made->native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  static constexpr unsigned char kProtocols[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(raw, kProtocols, sizeof kProtocols - 1);
  ErrorCode error;
  made->set_default_verify_paths(error);
  if (!options.extra_ca.empty()) {
    made->load_verify_file(options.extra_ca, error);
    if (error) return Error(Code::unavailable, "cannot read the certificates in " + options.extra_ca + ": " + error.message());
  }
  context = std::move(made);
  return context.get();
}

HttpClient::HttpClient(Loop& loop, HttpClientOptions options) : pool_(std::make_shared<Pool>(loop, std::move(options))) {}

HttpClient::~HttpClient() {
  auto kept = std::move(pool_->kept);
  for (auto& [origin, list] : kept)
    for (auto& connection : list) connection->close();
}

HttpClientCounters HttpClient::counters() const { return pool_->counters; }

Task<std::shared_ptr<ClientConnection>> HttpClient::open_connection(Url url, std::stop_token stop, Instant deadline) {
  auto pool = pool_;
  Loop* loop = &pool->loop;
  Instant until = std::min(deadline, base::Timers::now() + pool->options.connect_time);
  const Proxy* proxy = pool->options.proxies.find(url);
  const std::string host = proxy ? proxy->host : url.host;
  const std::uint16_t port = proxy ? proxy->port : url.port;
  std::string where = "cannot reach " + url.host + ":" + std::to_string(url.port);
  if (proxy) where += " through the proxy " + proxy->text();
  // Running out of the connect time is "unavailable"; running out of the call's is "timeout".
  auto named = [&where, deadline](Error error) {
    if (error.code == Code::timeout && base::Timers::now() < deadline) error.code = Code::unavailable;
    return std::move(error).in(where);
  };

  auto endpoints = co_await look_up(loop, host, port, stop, until).result();
  if (!endpoints) co_return named(std::move(endpoints).error());
  if (const auto& may = pool->options.may_connect) {
    auto forbidden = [&may](const tcp::endpoint& endpoint) { return !may(endpoint.address()); };
    if (std::erase_if(*endpoints, forbidden) > 0 && endpoints->empty())
      co_return named(Error(Code::denied, "its address is not one that may be connected to"));
  }
  Error last(Code::unavailable, "it has no address");
  std::optional<StreamSocket> socket;
  for (std::size_t i = 0; i < endpoints->size() && !socket; ++i) {
    // Each address gets its share of the time that is left, so that a dead one does not use it up.
    auto now = base::Timers::now();
    if (now >= until) break;
    auto share = (until - now) / static_cast<long>(endpoints->size() - i);
    auto attempt = co_await connect(loop, (*endpoints)[i], stop, now + share).result();
    if (attempt)
      socket.emplace(*std::move(attempt));
    else
      last = std::move(attempt).error();
    if (stop.stop_requested()) break;
  }
  if (!socket) co_return named(std::move(last));

  auto connection = std::make_shared<ClientConnection>(pool, std::move(*socket), url.origin);
  if (proxy && !url.tls) connection->speak_to(*proxy);
  if (url.tls) {
    auto context = pool->tls();
    if (!context) co_return named(std::move(context).error());
    connection->begin(stop, until);
    Result<> secured;
    if (proxy) secured = co_await connection->open_tunnel(&url, proxy).result();
    if (secured) secured = co_await connection->start_tls(*context, url.host).result();
    if (!secured) {
      Error why = connection->failure().value_or(secured.error());
      connection->finish();
      co_return named(std::move(why));
    }
  }
  co_return connection;
}

Task<HttpResponse> HttpClient::send(HttpClientRequest request, std::stop_token stop, Instant deadline) {
  auto pool = pool_;
  const int most = pool->options.max_redirects;
  Url place;
  for (int followed = 0;; ++followed) {
    ++pool->counters.requests;
    if (stop.stop_requested()) co_return Error(Code::cancelled, "the call was cancelled");
    std::shared_ptr<ClientConnection> connection;
    for (bool again = false;; again = true) {
      connection = again ? nullptr : pool->take(request.url->origin);
      bool kept = connection != nullptr;
      if (!connection) connection = co_await open_connection(*request.url, stop, deadline);
      connection->begin(stop, deadline);
      Result<> outcome = co_await connection->exchange(&request).result();
      if (outcome && connection->speaks_to_proxy())
        if (auto refused = connection->proxy_refusal()) outcome = *std::move(refused);
      if (outcome) break;
      connection->finish();
      connection->close();
      bool may_repeat = connection->sent_nothing() || request.repeat == Repeat::harmless;
      if (!kept || !connection->broke_early() || !may_repeat) co_return std::move(outcome).error();
      ++pool->counters.retried;
    }
    HttpResponse response(std::move(connection));
    if (most <= 0 || !is_redirect(response.status())) co_return std::move(response);
    if (followed == most)
      co_return Error(Code::unavailable,
                      request.url->text() + " answers with one redirect after the other; " + std::to_string(most) + " were followed");
    Url next = co_await follow_redirect(*request.url, request.method, response.status(), response.find("location"));
    place = std::move(next);
    request.url = &place;
    // The response ends here, and its connection may be used again.
  }
}

HttpResponse::HttpResponse(std::shared_ptr<ClientConnection> connection) : connection_(std::move(connection)) {}
HttpResponse::HttpResponse(HttpResponse&&) noexcept = default;
HttpResponse& HttpResponse::operator=(HttpResponse&& other) noexcept {
  std::swap(connection_, other.connection_);
  return *this;
}
HttpResponse::~HttpResponse() {
  if (connection_) connection_->finish();
}

int HttpResponse::status() const { return connection_->head().status; }
const HttpHeaders& HttpResponse::headers() const { return connection_->headers(); }
void HttpResponse::extend(Instant deadline) { connection_->set_deadline(deadline); }

Task<HttpChunk> HttpResponse::read_some() {
  auto connection = connection_;
  for (;;) {
    if (auto chunk = connection->take_chunk()) co_return std::move(*chunk);
    co_await connection->fill();
  }
}

Task<void> HttpResponse::body_into(std::string* out, std::size_t limit) {
  auto connection = connection_;
  out->clear();
  const ResponseHead& head = connection->head();
  if (head.framing == Framing::length) {
    if (head.length > limit) co_await mcp::fail(Code::too_large, "the answer from " + connection->origin() + " is too large");
    out->reserve(std::min<std::size_t>(static_cast<std::size_t>(head.length), 1024 * 1024) + kBodyPadding);
  }
  for (;;) {
    auto chunk = connection->take_chunk();
    if (!chunk) {
      co_await connection->fill();
      continue;
    }
    if (!*chunk) co_await Result<>(std::move(*chunk).error());
    if ((*chunk)->end) break;
    std::size_t size = out->size() + (*chunk)->bytes.size();
    if (size > limit) co_await mcp::fail(Code::too_large, "the answer from " + connection->origin() + " is too large");
    if (size + kBodyPadding > out->capacity()) out->reserve(std::max(size + kBodyPadding, out->capacity() * 2));
    out->append((*chunk)->bytes);
  }
  if (out->capacity() < out->size() + kBodyPadding) out->reserve(out->size() + kBodyPadding);
}

bool HttpResponse::take_body(std::string* out, std::size_t limit) {
  return connection_->head().length <= limit && connection_->take_whole(*out);
}

Task<std::string> HttpResponse::body(std::size_t limit) {
  std::string out;
  co_await body_into(&out, limit);
  co_return std::move(out);
}

}  // namespace net
