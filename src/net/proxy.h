// Proxies on the way to a server: which one, if any.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "mcp/result.h"
#include "net/url.h"

namespace net {

// An HTTP proxy, spoken to in plain HTTP. Through it a TLS server is reached by CONNECT, and hears nothing of it (RFC 9110 section 9.3.6).
struct Proxy {
  std::string host;  // as in Url
  std::uint16_t port = 0;
  base::Secret<std::string> authorization;  // what Proxy-Authorization says; empty: nothing

  // `host:port`, without the credentials.
  std::string text() const;
  bool operator==(const Proxy&) const = default;
};

// Reads `http://host:port`, with `user:password@` before the host where it asks for them (in percent-encoding, as in any URL), or
// `host:port`. Errors: invalid_argument, which repeats nothing of the text, as a password may stand in it.
mcp::Result<Proxy> parse_proxy(std::string_view text);

// Servers that are reached without a proxy, as NO_PROXY lists them: names (with everything below them, also when written `.name` or
// `*.name`), addresses, `address/bits`, each with `:port` or without, or `*`. Separated by commas or white space.
// What is none of these matches nothing.
class NoProxy {
 public:
  NoProxy() = default;
  explicit NoProxy(std::string_view list);

  bool covers(std::string_view host, std::uint16_t port) const;
  bool operator==(const NoProxy&) const = default;

 private:
  struct Rule {
    std::string name;                  // a name, without a dot before it
    std::vector<unsigned char> bytes;  // or an address, 4 or 16 bytes, of which
    int bits = 0;                      // so many count
    std::uint16_t port = 0;            // 0: any
    bool operator==(const Rule&) const = default;
  };
  static std::optional<Rule> read(std::string_view entry);

  std::vector<Rule> rules_;
  bool all_ = false;
};

// Which proxy leads where.
struct ProxyRules {
  std::optional<Proxy> http, https;  // for servers of that scheme
  NoProxy direct;
  enum class Loopback { direct, proxied } loopback = Loopback::direct;  // this machine itself

  // Null: no proxy. Good as long as this is.
  const Proxy* find(const Url& url) const;
  bool operator==(const ProxyRules&) const = default;
};

// What HTTP_PROXY, HTTPS_PROXY and NO_PROXY say, each also in lower case, which comes first. `variable` gives one's value, or nothing.
// Errors: as parse_proxy, with the variable's name.
mcp::Result<ProxyRules> proxies_of(const std::function<std::optional<std::string>(const std::string& name)>& variable);

}  // namespace net
