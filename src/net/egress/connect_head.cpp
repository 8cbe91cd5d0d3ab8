#include "net/egress/connect_head.h"

#include <charconv>

namespace net {
namespace {

using mcp::Code;
using mcp::Error;

constexpr std::size_t kLongest = 8 * 1024;

}  // namespace

mcp::Result<std::optional<ConnectHead>> read_connect_head(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, kLongest).find("\r\n\r\n");
  if (end == bytes.npos) {
    if (bytes.size() >= kLongest) return Error(Code::invalid_argument, "the head is too long");
    return std::optional<ConnectHead>();
  }
  const std::string_view line = bytes.substr(0, bytes.find("\r\n"));
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == line.npos || first == last || !line.substr(last + 1).starts_with("HTTP/1."))
    return Error(Code::invalid_argument, "no request line");
  if (line.substr(0, first) != "CONNECT") return Error(Code::denied, "this proxy takes CONNECT only");
  std::string_view authority = line.substr(first + 1, last - first - 1);
  const std::size_t colon = authority.rfind(':');
  if (colon == authority.npos) return Error(Code::invalid_argument, "no port");
  std::string_view host = authority.substr(0, colon);
  const std::string_view port = authority.substr(colon + 1);
  ConnectHead out;
  auto [stop, ec] = std::from_chars(port.data(), port.data() + port.size(), out.target.port);
  if (port.empty() || ec != std::errc() || stop != port.data() + port.size() || out.target.port == 0)
    return Error(Code::invalid_argument, "no port");
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == host.npos) return Error(Code::invalid_argument, "no host");
  } else if (host.find(':') != host.npos) {
    return Error(Code::invalid_argument, "no host");
  }
  auto name = plain_host(host);
  if (!name) return Error(Code::invalid_argument, "no host");
  out.target.host = *std::move(name);
  out.size = end + 4;
  return std::optional(std::move(out));
}

}  // namespace net
