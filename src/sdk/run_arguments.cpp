#include "sdk/run_arguments.h"

#include <charconv>

namespace sdk {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

Result<ListenAddress> parse_address(std::string_view text) {
  auto colon = text.rfind(':');
  Error wrong(Code::invalid_argument, "--http takes HOST:PORT, such as 127.0.0.1:8080; got '" + std::string(text) + "'");
  if (colon == std::string_view::npos) return wrong;
  std::string_view host = text.substr(0, colon), port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  ListenAddress address;
  address.host = host;
  auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (host.empty() || ec != std::errc() || end != port.data() + port.size()) return wrong;
  return address;
}

}  // namespace

Result<RunArguments> parse_run_arguments(std::vector<std::string_view> arguments) {
  RunArguments out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view name = arguments[i].substr(0, arguments[i].find('='));
    std::optional<std::string_view> value;
    if (name.size() < arguments[i].size()) value = arguments[i].substr(name.size() + 1);
    if (name == "--strict" && !value) {
      out.front.strictness = protocol::Strictness::strict;
      continue;
    }
    if (name != "--http" && name != "--revisions") continue;
    if (!value && i + 1 < arguments.size()) value = arguments[++i];
    if (name == "--http") {
      auto address = parse_address(value.value_or(""));
      if (!address) return std::move(address).error();
      out.http = *std::move(address);
    } else {
      auto revisions = protocol::parse_revisions(value.value_or(""));
      if (!revisions) return std::move(revisions).error().in("--revisions");
      out.front.revisions = *std::move(revisions);
    }
  }
  return out;
}

}  // namespace sdk
