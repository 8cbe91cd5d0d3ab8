#include "gateway/forwarded_headers.h"

#include <algorithm>
#include <array>

#include "net/http_message.h"

namespace gateway {
namespace {

// Fields of one connection and its framing (RFC 9110 section 7.6.1), and those that a request to an upstream has of its own.
constexpr std::array<std::string_view, 15> kOfTheConnection = {"connection",
                                                               "keep-alive",
                                                               "te",
                                                               "trailer",
                                                               "transfer-encoding",
                                                               "upgrade",
                                                               "host",
                                                               "content-length",
                                                               "expect",
                                                               "proxy-authorization",
                                                               "content-type",
                                                               "accept",
                                                               "accept-encoding",
                                                               "content-encoding",
                                                               "proxy-connection"};
constexpr std::array<std::string_view, 4> kOfTheTrace = {"traceparent", "tracestate", "baggage", "last-event-id"};

template <class Names>
bool among(std::string_view name, const Names& names) {
  return std::any_of(names.begin(), names.end(), [name](std::string_view one) { return net::same_header(one, name); });
}

bool clean(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

}  // namespace

std::string_view why_not_forwarded(std::string_view name) {
  if (net::same_header(name, "authorization"))
    return "a client's own token is for this gateway and never for a server behind it; give the server its own under headers";
  if (name.size() >= 4 && net::same_header(name.substr(0, 4), "mcp-")) return "it belongs to the protocol, and Gatehouse sets it itself";
  if (among(name, kOfTheConnection)) return "it belongs to one connection, and ends there";
  if (among(name, kOfTheTrace)) return "Gatehouse sets it itself";
  return {};
}

std::vector<std::pair<std::string, std::string>> forwarded_headers(std::span<const std::string> names, const net::HttpRequest* http) {
  std::vector<std::pair<std::string, std::string>> out;
  if (!http) return out;
  for (const std::string& name : names) {
    if (!why_not_forwarded(name).empty()) continue;
    for (const auto& line : http->headers)
      if (net::same_header(line.name, name) && clean(line.value)) out.emplace_back(name, line.value);
  }
  return out;
}

}  // namespace gateway
