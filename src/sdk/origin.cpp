#include "sdk/origin.h"

#include <algorithm>
#include <cctype>

namespace sdk {
namespace {

bool same_text(std::string_view a, std::string_view b) { return net::same_header(a, b); }

std::string_view without_port(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.rfind(':'));
}

bool digits_and_dots(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) || c == '.'; });
}

}  // namespace

bool is_loopback_authority(std::string_view authority) {
  std::string_view host = without_port(authority);
  return same_text(host, "localhost") || host == "[::1]" || (host.starts_with("127.") && digits_and_dots(host));
}

OriginVerdict judge_origin(const net::HttpRequest& request, const OriginRules& rules) {
  const bool loopback = rules.loopback == OriginRules::Loopback::allowed;
  auto allows = [](const std::vector<std::string>& list, std::string_view value) {
    return std::any_of(list.begin(), list.end(), [&](const std::string& one) { return one == "*" || same_text(one, value); });
  };
  std::string_view host = request.find("host").value_or("");
  if (!(loopback && is_loopback_authority(host)) && !allows(rules.hosts, host) && !allows(rules.hosts, without_port(host)))
    return OriginVerdict::bad_host;
  if (request.count("origin") > 1) return OriginVerdict::bad_origin;
  auto origin = request.find("origin");
  if (!origin || allows(rules.origins, *origin)) return OriginVerdict::fine;
  if (!loopback) return OriginVerdict::bad_origin;
  for (std::string_view scheme : {"http://", "https://"})
    if (origin->starts_with(scheme) && is_loopback_authority(origin->substr(scheme.size()))) return OriginVerdict::fine;
  return OriginVerdict::bad_origin;
}

}  // namespace sdk
