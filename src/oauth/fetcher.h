// Fetches what sign-in needs, from addresses that peers named: guarded, small, and in time.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "net/http_client.h"
#include "oauth/url_guard.h"

namespace oauth {

using base::Code;
using base::Error;
using base::Loop;
using base::Millis;
using base::Result;
using base::Task;

struct FetchLimits {
  std::size_t bytes = 256 * 1024;  // of a body
  Millis time{10'000};             // from the look-up of the name to the end of the body
};

// An answer, whatever its status.
struct Fetched {
  int status = 0;
  std::string type;  // Content-Type without parameters, lower case
  std::string body;
  std::string dpop_nonce;  // the DPoP-Nonce line, or empty
};

using FetchHeaders = std::vector<std::pair<std::string, std::string>>;

// The one door through which sign-in asks anybody. No redirect is followed: none of these documents and endpoints may answer with one.
// Owns: its connections. Threads: one loop only.
// Errors of both: denied (the URL, or every address of its host, may not be asked), invalid_argument (no URL), too_large, timeout,
// cancelled, unavailable, upstream_failed. A redirect is upstream_failed.
class Fetcher {
 public:
  Fetcher(Loop& loop, Reach reach, std::string extra_ca, FetchLimits limits = {});

  Task<Fetched> get(std::string url, std::stop_token stop);
  Task<Fetched> post(std::string url, std::string type, std::string body, FetchHeaders headers, std::stop_token stop);
  Reach reach() const { return reach_; }

 private:
  Task<Fetched> send(std::string_view method, std::string url, FetchHeaders headers, std::string body, std::stop_token stop);

  Reach reach_;
  FetchLimits limits_;
  net::HttpClient client_;
};

}  // namespace oauth
