// A client of the MCP registry (registry API v0.1).
#pragma once
#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "base/loop.h"
#include "net/http_client.h"
#include "trust/registry/record.h"

namespace trust {

// Where the official one is.
inline constexpr std::string_view kOfficialRegistry = "https://registry.modelcontextprotocol.io";

struct RegistryFound {
  std::vector<RegistryServer> servers;
  std::size_t refused = 0;  // entries that are no description of a server
  bool more = false;        // there are others behind them
};

// Asks a registry. What it does not answer plainly is an error: a registry that says "too many requests" has vouched for nothing.
// Owns: its connections. Threads: one loop only.
// Errors of all: rate_limited (429; says when to come back), not_found, upstream_failed (another status, or an answer that makes no sense),
// too_large, timeout, unavailable, cancelled.
class RegistryClient {
 public:
  static constexpr std::size_t kMostPages = 50;
  static constexpr std::size_t kLargestAnswer = 8 * 1024 * 1024;  // bytes
  static constexpr base::Millis kPatience{15'000};                // for one answer

  // `base`: an http or https URL, under which the API's `/v0.1/…` is. No redirect is followed.
  RegistryClient(base::Loop& loop, net::Url base, net::ProxyRules proxies);

  // The newest version of each server whose name holds `text`, `most` of them at most. Follows the registry's cursors.
  base::Task<RegistryFound> search(std::string text, std::size_t most, std::stop_token stop);
  // A version of a server, `latest` for the newest; those that were deleted too.
  base::Task<RegistryServer> show(std::string name, std::string version, std::stop_token stop);

 private:
  base::Task<std::string> get(std::string path, std::stop_token stop);

  net::Url base_;
  net::HttpClient client_;
};

// `text` as it may stand in a path or a query: all but letters, digits and `-._~` as %XX.
std::string url_part(std::string_view text);

}  // namespace trust
