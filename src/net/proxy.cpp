#include "net/proxy.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>

#include "net/http_message.h"

namespace net {
namespace {

using mcp::Code;
using mcp::Error;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

std::vector<unsigned char> address_bytes(const std::string& text) {
  boost::system::error_code none;
  auto address = boost::asio::ip::make_address(text, none);
  if (none) return {};
  if (address.is_v4()) {
    auto bytes = address.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  auto six = address.to_v6();
  if (six.is_v4_mapped()) {
    auto bytes = boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, six).to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  auto bytes = six.to_bytes();
  return {bytes.begin(), bytes.end()};
}

template <class Number>
std::optional<Number> number(std::string_view text, Number least, Number most) {
  Number value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < least || value > most) return std::nullopt;
  return value;
}

bool same_bits(const std::vector<unsigned char>& a, const std::vector<unsigned char>& b, int bits) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; bits > 0; ++i, bits -= 8) {
    auto mask = static_cast<unsigned char>(bits >= 8 ? 0xff : 0xff << (8 - bits));
    if ((a[i] & mask) != (b[i] & mask)) return false;
  }
  return true;
}

bool is_this_machine(std::string_view host) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  auto bytes = address_bytes(std::string(host));
  if (bytes.size() == 4) return bytes[0] == 127;
  return bytes.size() == 16 && std::all_of(bytes.begin(), bytes.end() - 1, [](unsigned char b) { return b == 0; }) && bytes.back() == 1;
}

std::optional<std::string> decoded(std::string_view text) {
  auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return out;
}

std::string base64(std::string_view text) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
    unsigned three = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (std::size_t k = 0; k < 4; ++k) out += i + k > text.size() ? '=' : kDigits[three >> (18 - 6 * k) & 63];
  }
  return out;
}

}  // namespace

std::string Proxy::text() const { return (host.find(':') == host.npos ? host : "[" + host + "]") + ":" + std::to_string(port); }

mcp::Result<Proxy> parse_proxy(std::string_view text) {
  auto wrong = [](std::string why) { return Error(Code::invalid_argument, "not the address of a proxy: " + std::move(why)); };
  const std::size_t scheme = text.find("://");
  if (scheme != text.npos) {
    if (lower(text.substr(0, scheme)) != "http") return wrong("only http:// is spoken to proxies, also for https servers behind them");
    text.remove_prefix(scheme + 3);
  }
  Proxy out;
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  if (text.substr(end).size() > 1) return wrong("it has a path");
  text = text.substr(0, end);
  if (const std::size_t at = text.rfind('@'); at != text.npos) {
    auto plain = decoded(text.substr(0, at));
    if (!plain) return wrong("the user or password is not well encoded; a % is written %25");
    if (std::any_of(plain->begin(), plain->end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
      return wrong("the user or password has a control character");
    if (plain->find(':') == plain->npos) *plain += ':';
    out.authorization = base::Secret<std::string>("Basic " + base64(*plain));
    text.remove_prefix(at + 1);
  }
  auto url = parse_url("http://" + std::string(text));
  if (!url) return wrong("the host or port is none; write it like http://proxy.example.com:3128");
  out.host = url->host;
  out.port = url->port;
  return out;
}

std::optional<NoProxy::Rule> NoProxy::read(std::string_view entry) {
  Rule rule;
  std::string text = lower(entry);
  if (text.size() > 255) return std::nullopt;
  // A port behind a name, an IPv4 address or a bracketed IPv6 address.
  const std::size_t colon = text.rfind(':');
  const bool bracketed = text.starts_with('[');
  const bool has_port =
      bracketed ? colon != text.npos && colon > 0 && text[colon - 1] == ']' : std::count(text.begin(), text.end(), ':') == 1;
  if (has_port) {
    auto port = number<int>(std::string_view(text).substr(colon + 1), 1, 65535);
    if (!port) return std::nullopt;
    rule.port = static_cast<std::uint16_t>(*port);
    text.resize(colon);
  }
  if (bracketed) {
    if (!text.ends_with(']')) return std::nullopt;
    text = text.substr(1, text.size() - 2);
  }
  const std::size_t slash = text.find('/');
  rule.bytes = address_bytes(text.substr(0, slash));
  if (!rule.bytes.empty()) {
    const int most = static_cast<int>(rule.bytes.size()) * 8;
    rule.bits = most;
    if (slash != text.npos) {
      auto bits = number<int>(std::string_view(text).substr(slash + 1), 0, most);
      if (!bits) return std::nullopt;
      rule.bits = *bits;
    }
    return rule;
  }
  if (slash != text.npos) return std::nullopt;
  if (text.starts_with("*.")) text.erase(0, 1);
  if (text.starts_with('.')) text.erase(0, 1);
  if (text.ends_with('.')) text.pop_back();
  if (text.empty() || text.find('*') != text.npos) return std::nullopt;
  rule.name = std::move(text);
  return rule;
}

NoProxy::NoProxy(std::string_view list) {
  constexpr std::size_t kMostRules = 1'000;
  for (std::size_t at = 0; at < list.size() && rules_.size() < kMostRules;) {
    const std::size_t end = std::min(list.find_first_of(", \t\r\n", at), list.size());
    std::string_view entry = list.substr(at, end - at);
    at = end + 1;
    if (entry == "*") all_ = true;
    if (entry.empty() || entry == "*") continue;
    if (auto rule = read(entry)) rules_.push_back(*std::move(rule));
  }
}

bool NoProxy::covers(std::string_view host, std::uint16_t port) const {
  if (all_) return true;
  if (host.ends_with('.')) host.remove_suffix(1);
  const auto bytes = address_bytes(std::string(host));
  auto fits = [&](const Rule& rule) {
    if (rule.port && rule.port != port) return false;
    if (!rule.bytes.empty()) return same_bits(rule.bytes, bytes, rule.bits);
    if (host.size() == rule.name.size()) return host == rule.name;
    return host.ends_with(rule.name) && host[host.size() - rule.name.size() - 1] == '.';
  };
  return std::any_of(rules_.begin(), rules_.end(), fits);
}

const Proxy* ProxyRules::find(const Url& url) const {
  const std::optional<Proxy>& proxy = url.tls ? https : http;
  if (!proxy) return nullptr;
  if (loopback == Loopback::direct && is_this_machine(url.host)) return nullptr;
  return direct.covers(url.host, url.port) ? nullptr : &*proxy;
}

mcp::Result<ProxyRules> proxies_of(const std::function<std::optional<std::string>(const std::string& name)>& variable) {
  ProxyRules out;
  auto first = [&variable](const char* small, const char* big) -> std::pair<std::string, std::string> {
    for (const char* name : {small, big})
      if (auto value = variable(name); value && !value->empty()) return {name, *std::move(value)};
    return {};
  };
  auto read = [&first](const char* small, const char* big, std::optional<Proxy>& into) -> mcp::Result<> {
    auto [name, value] = first(small, big);
    if (value.empty()) return {};
    auto proxy = parse_proxy(value);
    if (!proxy) return std::move(proxy).error().in(name);
    into = *std::move(proxy);
    return {};
  };
  if (auto plain = read("http_proxy", "HTTP_PROXY", out.http); !plain) return std::move(plain).error();
  if (auto tls = read("https_proxy", "HTTPS_PROXY", out.https); !tls) return std::move(tls).error();
  out.direct = NoProxy(first("no_proxy", "NO_PROXY").second);
  return out;
}

}  // namespace net
