// Which addresses a server may send this client to (Security Best Practices, "Server-Side Request Forgery").
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string_view>

#include "mcp/auth.h"
#include "mcp/result.h"
#include "net/url.h"

namespace oauth {

using Reach = mcp::OAuth::Reach;

// What kind of place an address is. An IPv4 address inside of an IPv6 one (mapped, compatible, NAT64, 6to4) is seen as what it is, and
// such an address that leads to no public place is `special`, whatever it leads to.
enum class Place {
  everywhere,   // the public Internet
  loopback,     // this machine
  private_net,  // RFC 1918, unique local
  special,      // link-local with the clouds' metadata services, shared (CGNAT), multicast, documentation, reserved, …: never
};
Place place_of(const boost::asio::ip::address& address);

// May a connection go there?
bool may_connect(const boost::asio::ip::address& address, Reach reach);

// Reads a URL that a peer named: https; http only for this machine, where `reach` allows it. A host that is an address is checked at
// once; a name is checked when it is resolved, for which the HttpClient needs may_connect().
// Errors: invalid_argument (no URL), denied (says what would be needed).
mcp::Result<net::Url> guarded_url(std::string_view text, Reach reach);

// The host is "localhost", below it, or a loopback address.
bool names_this_machine(std::string_view host);

}  // namespace oauth
