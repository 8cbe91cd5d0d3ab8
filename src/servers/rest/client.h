// The HTTP client of a REST server: bounded in time and size, careful with repeats, redirects and addresses.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/loop.h"
#include "net/http_client.h"
#include "servers/rest/etag_cache.h"
#include "servers/rest/message.h"

namespace servers::rest {

struct ClientOptions {
  std::string agent = "gatehouse";      // User-Agent
  std::string base_url;                 // the API's own address: decides whether this machine may be connected to
  Millis time{30'000};                  // of one request with all its repeats, to the end of the answer
  std::size_t most_bytes = 8UL << 20U;  // of an answer's body
  int tries = 3;                        // of a request that may be sent again
  Millis longest_wait{10'000};          // a longer Retry-After is told, not waited for
  std::string extra_ca;                 // a PEM file to trust beside the system's
  net::ProxyRules proxies;
  EtagCache::Bounds cache;
};

// Sends requests on one loop.
// Redirects are followed on the same server only. Connections go to public and private addresses; to this machine only where the base URL
// names it; never to link-local and other special ones, whatever a name resolves to.
// A request that may be sent again is, after 429, 502, 503, 504 and broken connections, up to ClientOptions::tries.
// Threads: the loop's only.
class Client {
 public:
  Client(base::Loop& loop, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The answer, whatever its status. Errors: invalid_argument (no URL, a header with a line break), denied (the address), too_large,
  // timeout, cancelled, unavailable, upstream_failed. No error holds a credential.
  base::Task<Answer> fetch(Request request, std::stop_token stop);
  // The same for a GET, asking with the ETag of what is known already; an answer that has not changed comes from memory.
  base::Task<Answer> fetch_known(Request request, std::stop_token stop);

  base::Loop& loop() { return loop_; }
  const ClientOptions& options() const { return options_; }

 private:
  base::Task<Answer> once(const Request* request, const net::Url* url, std::stop_token stop, base::Instant deadline);
  // How long to wait before the request is sent again; nothing: it is not.
  std::optional<Millis> pause(const Request& request, const base::Result<Answer>& answer, int attempt) const;

  base::Loop& loop_;
  ClientOptions options_;
  std::unique_ptr<net::HttpClient> http_;
  EtagCache cache_;
};

}  // namespace servers::rest
