#include "oauth/url_guard.h"

#include <array>
#include <cstdint>

namespace oauth {
namespace {

namespace ip = boost::asio::ip;

struct Range4 {
  std::uint32_t base;
  int bits;
  Place place;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d) { return (a << 24) | (b << 16) | (c << 8) | d; }

// The IANA registry of special-purpose IPv4 addresses, with multicast and the reserved top.
constexpr Range4 kRanges4[] = {
    {v4(0, 0, 0, 0), 8, Place::special},           // this network
    {v4(10, 0, 0, 0), 8, Place::private_net},      //
    {v4(100, 64, 0, 0), 10, Place::special},       // shared between a carrier's customers
    {v4(127, 0, 0, 0), 8, Place::loopback},        //
    {v4(169, 254, 0, 0), 16, Place::special},      // link-local
    {v4(172, 16, 0, 0), 12, Place::private_net},   //
    {v4(192, 0, 0, 0), 24, Place::special},        // protocol assignments
    {v4(192, 0, 2, 0), 24, Place::special},        // documentation
    {v4(192, 31, 196, 0), 24, Place::special},     // AS112
    {v4(192, 52, 193, 0), 24, Place::special},     // AMT
    {v4(192, 88, 99, 0), 24, Place::special},      // 6to4 relays
    {v4(192, 168, 0, 0), 16, Place::private_net},  //
    {v4(192, 175, 48, 0), 24, Place::special},     // AS112
    {v4(198, 18, 0, 0), 15, Place::special},       // benchmarks
    {v4(198, 51, 100, 0), 24, Place::special},     // documentation
    {v4(203, 0, 113, 0), 24, Place::special},      // documentation
    {v4(224, 0, 0, 0), 4, Place::special},         // multicast
    {v4(240, 0, 0, 0), 4, Place::special},         // reserved, broadcast
};

Place place_of(std::uint32_t address) {
  for (const auto& range : kRanges4)
    if ((address >> (32 - range.bits)) == (range.base >> (32 - range.bits))) return range.place;
  return Place::everywhere;
}

using Bytes = std::array<unsigned char, 16>;

std::uint32_t v4_at(const Bytes& b, std::size_t at) { return v4(b[at], b[at + 1], b[at + 2], b[at + 3]); }

// An IPv4 address that travels in an IPv6 one leads to a public place or nowhere.
Place carried(std::uint32_t address) { return place_of(address) == Place::everywhere ? Place::everywhere : Place::special; }

bool starts(const Bytes& b, std::initializer_list<unsigned> prefix) {
  std::size_t i = 0;
  for (unsigned byte : prefix)
    if (b[i++] != byte) return false;
  return true;
}

Place place_of(const ip::address_v6& address) {
  if (address.is_loopback()) return Place::loopback;
  if (address.is_v4_mapped()) return place_of(v4_at(address.to_bytes(), 12));  // the kernel connects by IPv4
  const Bytes b = address.to_bytes();
  if (starts(b, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return carried(v4_at(b, 12));  // NAT64, RFC 6052
  if (starts(b, {0x20, 0x02})) return carried(v4_at(b, 2));                                       // 6to4
  if ((b[0] & 0xfe) == 0xfc) return Place::private_net;                                           // unique local
  // Only 2000::/3 is given out; the rest is unspecified, compatible, local NAT64 (64:ff9b:1::/48), discard-only (100::/64),
  // link-local (fe80::/10), site-local (fec0::/10), multicast (ff00::/8), or nobody's.
  if ((b[0] & 0xe0) != 0x20) return Place::special;
  if (starts(b, {0x20, 0x01}) && b[2] < 0x02) return Place::special;     // 2001::/23: Teredo, benchmarks, ORCHID, …
  if (starts(b, {0x20, 0x01, 0x0d, 0xb8})) return Place::special;        // documentation
  if (starts(b, {0x3f, 0xff}) && b[2] < 0x10) return Place::special;     // documentation, 3fff::/20
  if (starts(b, {0x3f, 0xfe})) return Place::special;                    // 6bone, returned
  if (starts(b, {0x26, 0x20, 0x00, 0x4f, 0x80})) return Place::special;  // AS112
  return Place::everywhere;
}

}  // namespace

Place place_of(const ip::address& address) { return address.is_v4() ? place_of(address.to_v4().to_uint()) : place_of(address.to_v6()); }

bool may_connect(const ip::address& address, Reach reach) {
  switch (place_of(address)) {
    case Place::everywhere: return true;
    case Place::loopback: return reach != Reach::public_addresses;
    case Place::private_net: return reach == Reach::private_too;
    case Place::special: return false;
  }
  return false;
}

bool names_this_machine(std::string_view host) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  boost::system::error_code failed;
  auto address = ip::make_address(std::string(host), failed);
  return !failed && place_of(address) == Place::loopback;
}

mcp::Result<net::Url> guarded_url(std::string_view text, Reach reach) {
  auto url = net::parse_url(text);
  if (!url) return url;
  const bool here = names_this_machine(url->host);
  boost::system::error_code not_address;
  auto address = ip::make_address(url->host, not_address);
  const bool forbidden = (here && reach == Reach::public_addresses) || (!not_address && !may_connect(address, reach));
  // A name whose last part is a number is an IPv4 address to some resolvers ("127.1", "0x7f000001", "2130706433").
  const std::string_view host = url->host;
  const auto dot = host.find_last_of('.');
  const std::string_view last = host.substr(dot == host.npos ? 0 : dot + 1);
  const bool disguised = not_address && (last.empty() || (last.front() >= '0' && last.front() <= '9'));
  if (forbidden || disguised)
    return mcp::Error(mcp::Code::denied, "'" + url->origin + "' is not an address that this client may be sent to (OAuth::reach)");
  if (!url->tls && !here) return mcp::Error(mcp::Code::denied, "'" + url->origin + "' is not https");
  return url;
}

}  // namespace oauth
