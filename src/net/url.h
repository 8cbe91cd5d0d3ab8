// http and https addresses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace net {

// A parsed address. All parts are plain ASCII; the target can be sent as it is.
struct Url {
  bool tls = false;
  std::string host;  // lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string target;     // path and query, "/" at least, without fragment
  std::string origin;     // "https://host:port", the port always written; the key of a connection pool
  std::string authority;  // as the Host header wants it: the port only where it is not the scheme's own

  std::string text() const { return (tls ? "https://" : "http://") + authority + target; }
};

// Reads an absolute http or https URL. Strict: no user information, no characters that a URL may not hold, no unknown scheme,
// a host that is a name, an IPv4 address or a bracketed IPv6 address. A fragment is dropped.
// Errors: invalid_argument, saying what is wrong.
mcp::Result<Url> parse_url(std::string_view text);

}  // namespace net
