#include "net/egress/allow_list.h"

#include <algorithm>
#include <charconv>

namespace net {
namespace {

namespace ip = boost::asio::ip;
using mcp::Code;
using mcp::Error;

constexpr std::size_t kMostRules = 200;
constexpr std::size_t kLongestHost = 253;
constexpr std::string_view kMachine = "localhost";

std::optional<std::uint16_t> number(std::string_view text, unsigned most) {
  unsigned out = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || ec != std::errc() || end != text.data() + text.size() || out > most) return std::nullopt;
  return static_cast<std::uint16_t>(out);
}

std::vector<unsigned char> bytes_of(const ip::address& address) {
  if (address.is_v4()) {
    auto bytes = address.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  auto bytes = address.to_v6().to_bytes();
  return {bytes.begin(), bytes.end()};
}

std::optional<ip::address> address_of(std::string_view text) {
  boost::system::error_code error;
  auto address = ip::make_address(std::string(text), error);
  if (error || text.find('%') != std::string_view::npos) return std::nullopt;
  return address;
}

bool web(std::uint16_t port) { return port == 443 || port == 80; }

}  // namespace

std::optional<std::string> plain_host(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > kLongestHost) return std::nullopt;
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == ':';
    if (!good) return std::nullopt;
  }
  if (auto address = address_of(out)) return address->to_string();
  const bool bad = out.find(':') != out.npos || out.front() == '.' || out.front() == '-' || out.find("..") != out.npos;
  if (bad) return std::nullopt;
  // What looks like an address to some readers and like a name to others is neither: 0x7f.1, 127.1, 2130706433.
  const std::string last = out.substr(out.rfind('.') + 1);
  if (last.find_first_not_of("0123456789") == last.npos || last.starts_with("0x")) return std::nullopt;
  return out;
}

mcp::Result<AllowList::Rule> AllowList::read(std::string_view entry) {
  const Error wrong(Code::invalid_argument, "is no place; write it like example.com, *.example.com, localhost:5432 or 10.0.0.0/8");
  Rule rule;
  if (entry == "*") {
    rule.kind = Rule::Kind::any;
    return rule;
  }
  std::string_view host = entry;
  std::string_view port;
  if (entry.starts_with('[')) {
    const std::size_t end = entry.find(']');
    if (end == entry.npos) return wrong;
    host = entry.substr(1, end - 1);
    port = entry.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) return wrong;
  } else if (const std::size_t colon = entry.find(':'); colon != entry.npos && colon == entry.rfind(':')) {
    host = entry.substr(0, colon);
    port = entry.substr(colon);
  }
  if (!port.empty()) {
    auto value = number(port.substr(1), 65'535);
    if (!value || *value == 0) return wrong;
    rule.port = *value;
  }
  std::string_view bits;
  if (const std::size_t slash = host.find('/'); slash != host.npos) {
    bits = host.substr(slash + 1);
    host = host.substr(0, slash);
    if (bits.empty()) return wrong;
  }
  if (auto address = address_of(host)) {
    rule.kind = Rule::Kind::range;
    rule.host = address->to_string();
    rule.bytes = bytes_of(*address);
    rule.bits = static_cast<int>(rule.bytes.size()) * 8;
    if (bits.empty()) return rule;
    auto value = number(bits, static_cast<unsigned>(rule.bits));
    if (!value) return wrong;
    rule.bits = *value;
    return rule;
  }
  if (!bits.empty()) return wrong;
  if (host.starts_with("*.")) {
    rule.kind = Rule::Kind::below;
    host.remove_prefix(2);
  }
  auto name = plain_host(host);
  if (!name) return wrong;
  rule.host = *std::move(name);
  return rule;
}

mcp::Result<AllowList> AllowList::parse(const std::vector<std::string>& entries) {
  AllowList out;
  if (entries.size() > kMostRules) return Error(Code::invalid_argument, "has more than " + std::to_string(kMostRules) + " places");
  for (const std::string& entry : entries) {
    auto rule = read(entry);
    if (!rule) return Error(Code::invalid_argument, "'" + entry.substr(0, 100) + "' " + rule.error().message);
    out.rules_.push_back(*std::move(rule));
  }
  return out;
}

bool AllowList::covers(const Rule& rule, const ip::address& address) {
  if (rule.kind != Rule::Kind::range) return false;
  const auto bytes = bytes_of(address);
  if (bytes.size() != rule.bytes.size()) return false;
  for (int bit = 0; bit < rule.bits; bit += 8) {
    const int here = std::min(8, rule.bits - bit);
    const auto mask = static_cast<unsigned char>(0xff << (8 - here));
    const auto at = static_cast<std::size_t>(bit / 8);
    if ((bytes[at] & mask) != (rule.bytes[at] & mask)) return false;
  }
  return true;
}

bool AllowList::names(const EgressTarget& target) const {
  const auto address = address_of(target.host);
  return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
    const bool any_port = rule.kind == Rule::Kind::range || rule.host == kMachine;
    if (rule.port != 0 ? rule.port != target.port : !any_port && !web(target.port)) return false;
    switch (rule.kind) {
      case Rule::Kind::name: return rule.host == target.host;
      case Rule::Kind::below: return target.host.size() > rule.host.size() + 1 && target.host.ends_with("." + rule.host);
      case Rule::Kind::range: return address && covers(rule, *address);
      case Rule::Kind::any: return true;
    }
    return false;
  });
}

bool AllowList::leads(const EgressTarget& target, const ip::address& address, Ground ground) const {
  if (ground == Ground::never) return false;
  if (ground == Ground::open) return true;
  if (ground == Ground::machine && target.host == kMachine) return true;
  return std::any_of(rules_.begin(), rules_.end(),
                     [&](const Rule& rule) { return covers(rule, address) && (rule.port == 0 || rule.port == target.port); });
}

std::vector<EgressTarget> AllowList::hosts() const {
  std::vector<EgressTarget> out;
  for (const Rule& rule : rules_) {
    if (rule.kind != Rule::Kind::name) continue;
    std::vector<std::uint16_t> ports{rule.port};
    if (rule.port == 0 && rule.host == kMachine) continue;  // any port: only by the proxy
    if (rule.port == 0) ports = {443, 80};
    for (std::uint16_t port : ports) {
      EgressTarget target{rule.host, port};
      if (std::find(out.begin(), out.end(), target) == out.end()) out.push_back(std::move(target));
    }
  }
  return out;
}

}  // namespace net
