#include "gateway/uris.h"

#include <algorithm>

namespace gateway {
namespace {

constexpr std::string_view kUi = "ui://";

bool id_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

}  // namespace

std::string prefixed_uri(std::string_view server, std::string_view uri) {
  std::string out;
  out.reserve(server.size() + uri.size() + 1);
  if (uri.starts_with(kUi)) {
    out.append(kUi);
    uri.remove_prefix(kUi.size());
  }
  return out.append(server).append("+").append(uri);
}

std::optional<PrefixedUri> unprefixed_uri(std::string_view uri) {
  const bool ui = uri.starts_with(kUi);
  std::string_view rest = ui ? uri.substr(kUi.size()) : uri;
  std::size_t plus = rest.find('+');
  if (plus == std::string_view::npos || plus == 0 || plus + 1 == rest.size()) return std::nullopt;
  std::string_view server = rest.substr(0, plus);
  if (!std::all_of(server.begin(), server.end(), id_character)) return std::nullopt;
  std::string_view tail = rest.substr(plus + 1);
  // Without a scheme of its own it was never a URI.
  if (!ui && (tail.find(':') == std::string_view::npos || tail.starts_with(kUi))) return std::nullopt;
  return PrefixedUri{server, ui ? std::string(kUi).append(tail) : std::string(tail)};
}

bool template_matches(std::string_view uri_template, std::string_view uri) {
  std::size_t at = 0;
  bool after_gap = false;
  while (!uri_template.empty()) {
    std::size_t open = uri_template.find('{');
    std::string_view literal = uri_template.substr(0, open);
    bool last = open == std::string_view::npos;
    if (!after_gap) {
      if (!uri.substr(at).starts_with(literal)) return false;
      at += literal.size();
    } else if (last) {
      // What is left must end with the literal.
      return uri.size() - at >= literal.size() && uri.ends_with(literal);
    } else {
      std::size_t found = uri.find(literal, at);
      if (found == std::string_view::npos) return false;
      at = found + literal.size();
    }
    if (last) return at == uri.size();
    std::size_t close = uri_template.find('}', open);
    if (close == std::string_view::npos) return false;
    uri_template.remove_prefix(close + 1);
    after_gap = true;
  }
  return after_gap || at == uri.size();
}

}  // namespace gateway
