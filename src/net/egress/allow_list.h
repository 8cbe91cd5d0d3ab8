// Where a confined program may connect to: a list of names and addresses.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace net {

// What kind of place an address is, as whoever asks judges it.
enum class Ground { open, machine, inside, never };  // the Internet; this machine; a private network; what is never connected to

struct EgressTarget {
  std::string host;  // lower case; an IPv6 address without brackets
  std::uint16_t port = 0;
  bool operator==(const EgressTarget&) const = default;
};

// Entries: `example.com`, `*.example.com` (names below it), `localhost`, an address, `address/bits`, each with `:port` or without; `*` for
// any public place. A name without a port is good for 443 and 80, `localhost` and addresses for any. A name that leads to a private address
// is good only where that address is listed too; to this machine leads only `localhost`, or its address.
class AllowList {
 public:
  // Errors: invalid_argument, which says what is wrong with the entry.
  static mcp::Result<AllowList> parse(const std::vector<std::string>& entries);

  // Whether the host and port stand in the list, before the name is looked up.
  bool names(const EgressTarget& target) const;
  // Whether `address`, which the name of `target` led to, may be connected to.
  bool leads(const EgressTarget& target, const boost::asio::ip::address& address, Ground ground) const;

  // The single hosts of the list, with each port that they are good for: what programs can reach that know of no proxy.
  std::vector<EgressTarget> hosts() const;
  bool empty() const { return rules_.empty(); }
  bool operator==(const AllowList&) const = default;

 private:
  struct Rule {
    enum class Kind { name, below, range, any } kind = Kind::name;
    std::string host;
    std::vector<unsigned char> bytes;  // of an address, of which
    int bits = 0;                      // so many count
    std::uint16_t port = 0;            // 0: as above
    bool operator==(const Rule&) const = default;
  };
  static mcp::Result<Rule> read(std::string_view entry);
  static bool covers(const Rule& rule, const boost::asio::ip::address& address);

  std::vector<Rule> rules_;
};

// Lower case, without a dot at the end. Nothing for what is no host name or address.
std::optional<std::string> plain_host(std::string_view text);

}  // namespace net
