#include "net/url.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/src.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace net {

namespace {

bool begins_with_scheme(std::string_view text) {
  for (std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
    if (text.size() < scheme.size()) continue;
    auto same = [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && (a | 0x20) == b); };
    if (std::equal(scheme.begin(), scheme.end(), text.begin(), [&](char wanted, char came) { return same(came, wanted); })) return true;
  }
  return false;
}

bool all_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

mcp::Result<Url> parse_url(std::string_view text) {
  auto wrong = [&](std::string_view why) {
    return mcp::Error(mcp::Code::invalid_argument,
                      "'" + std::string(text.substr(0, 200)) + "' is not an http or https URL: " + std::string(why));
  };
  if (text.size() > 8192) return wrong("it is too long");
  // Boost.URL 1.81 asserts on some texts that are no URL, such as a scheme with a stray byte behind it: what cannot be one of ours is not
  // given to it.
  if (!begins_with_scheme(text)) return wrong("it does not begin with http:// or https://");
  if (!all_visible(text)) return wrong("it has a character that no URL has");
  auto parsed = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
  if (!parsed) return wrong("it does not have a URL's form");
  const auto& url = *parsed;
  Url out;
  if (url.scheme_id() == boost::urls::scheme::https)
    out.tls = true;
  else if (url.scheme_id() != boost::urls::scheme::http)
    return wrong("the scheme is neither http nor https");
  if (url.has_userinfo()) return wrong("a user name or password does not belong into a URL");
  switch (url.host_type()) {
    case boost::urls::host_type::ipv4: out.host = std::string(url.encoded_host()); break;
    case boost::urls::host_type::ipv6: {
      std::string bracketed(url.encoded_host());
      if (bracketed.find('%') != bracketed.npos) return wrong("an address with a zone");
      out.host = bracketed.substr(1, bracketed.size() - 2);
      break;
    }
    case boost::urls::host_type::name: out.host = std::string(url.encoded_host()); break;
    default: return wrong("the host is neither a name nor an address");
  }
  if (out.host.empty()) return wrong("it has no host");
  for (char& c : out.host) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':';
    if (!fine) return wrong("the host has a character that no host has");
  }
  const std::uint16_t usual = out.tls ? 443 : 80;
  out.port = usual;
  if (url.has_port() && !url.port().empty()) {
    const std::string digits(url.port());
    std::uint16_t number = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size() || number == 0) return wrong("the port is not a port");
    out.port = number;
  }
  out.target = std::string(url.encoded_path());
  if (out.target.empty()) out.target = "/";
  if (out.target.front() != '/') return wrong("the port is not a port");
  if (url.has_query()) out.target += "?" + std::string(url.encoded_query());
  std::string host = url.host_type() == boost::urls::host_type::ipv6 ? "[" + out.host + "]" : out.host;
  out.origin = (out.tls ? "https://" : "http://") + host + ":" + std::to_string(out.port);
  out.authority = out.port == usual ? host : host + ":" + std::to_string(out.port);
  return out;
}

}  // namespace net
