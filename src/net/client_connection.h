// One connection of an HttpClient: sends a request, reads the answer, waits in the pool.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/http_client.h"
#include "net/http_codec.h"
#include "net/wire.h"

namespace net {

// What a client and its connections share. A connection that outlives the client finds it gone, and closes.
struct HttpClient::Pool {
  using Kept = std::vector<std::shared_ptr<ClientConnection>>;

  Pool(Loop& l, HttpClientOptions o) : loop(l), options(std::move(o)) {}

  // The connection that was used last, if one is still good.
  std::shared_ptr<ClientConnection> take(const std::string& origin);
  void keep(std::shared_ptr<ClientConnection> connection);
  void forget(ClientConnection& connection);
  // The TLS settings, read at first use. Errors: unavailable (the extra certificates cannot be read).
  Result<asio::ssl::context*> tls();

  Loop& loop;
  HttpClientOptions options;
  HttpClientCounters counters;
  std::unordered_map<std::string, Kept> kept;
  std::unique_ptr<asio::ssl::context> context;
};

// A read is open whenever it waits for an answer or in the pool; so the end of a kept connection is seen when it comes.
// Threads: the client's loop.
class ClientConnection final : public Wire {
 public:
  ClientConnection(std::shared_ptr<HttpClient::Pool> pool, StreamSocket socket, std::string origin);
  ~ClientConnection() override;

  // From now on `stop` and `deadline` end what is going on.
  void begin(std::stop_token stop, Instant deadline);
  // From now on requests are for a proxy, which passes them on. It lives as long as requests are sent.
  void speak_to(const Proxy& proxy) { proxy_ = &proxy; }
  bool speaks_to_proxy() const { return proxy_ != nullptr; }
  // Asks the proxy at the other end for a way to `to`; what is sent afterwards goes there. Errors: unavailable.
  Task<void> open_tunnel(const Url* to, const Proxy* proxy);
  // What the proxy's answer means when it wants other credentials.
  std::optional<Error> proxy_refusal() const;
  // Sends the request and reads the head of the answer. Errors: as HttpClient::send.
  Task<void> exchange(const HttpClientRequest* request);
  // The connection broke before a byte of the answer came, and nobody asked for that.
  bool broke_early() const { return !failure_ && !any_answer_; }
  bool sent_nothing() const { return bytes_out() == sent_before_; }
  // Why it was ended from this side, if it was.
  const std::optional<Error>& failure() const { return failure_; }

  // The next piece of the body, or nothing when more must be read first by fill().
  std::optional<Result<HttpChunk>> take_chunk();
  Task<void> fill();
  // The whole body into `out`, with kBodyPadding bytes of spare capacity, where its length is known and all of it has come.
  bool take_whole(std::string& out);
  // Returns to the pool if it can serve again; closes otherwise.
  void finish();
  // Looks whether the other side has closed it or sent something, without waiting.
  bool stale();
  void leave_pool() { waiting_ = false; }

  const ResponseHead& head() const { return head_; }
  const HttpHeaders& headers() const { return headers_; }
  const std::string& origin() const { return origin_; }

 private:
  struct OnStop {
    ClientConnection* connection;
    void operator()() const { connection->abort(Error(Code::cancelled, "the call was cancelled")); }
  };

  void on_read(ErrorCode error, std::size_t size) override;
  void on_deadline() override;
  void abort(Error error);
  Error broken(std::string what) const;
  Result<> write_head(const HttpClientRequest& request);
  Task<void> send_rest(Parts parts);
  // The head, where all of it has come. Errors: as HttpClient::send.
  Result<bool> take_head(Bodiless bodiless);
  std::size_t capacity() const { return max_head_ + 16 * 1024; }

  std::weak_ptr<HttpClient::Pool> pool_;
  std::string origin_;
  const Proxy* proxy_ = nullptr;
  const std::size_t max_head_, max_headers_;
  std::unique_ptr<char[]> buffer_;
  std::size_t have_ = 0;       // bytes in buffer_
  std::size_t used_ = 0;       // of them, read
  std::size_t head_size_ = 0;  // the head stays at the front while the response lives
  std::string out_;
  HeadScanner scanner_;
  ResponseHead head_;
  HttpHeaders headers_;
  ChunkDecoder chunks_;
  std::uint64_t left_ = 0;  // of a body of known length
  std::uint64_t sent_before_ = 0;
  base::Signal progress_;
  std::optional<std::stop_callback<OnStop>> on_stop_;
  std::optional<Error> failure_;
  ErrorCode end_;  // how reading ended
  bool any_answer_ = false;
  bool all_sent_ = true;
  bool complete_ = false;  // the body has been read to its end
  bool waiting_ = false;   // in the pool
  bool write_wait_ = false;
};

}  // namespace net
