#include "net/redirect.h"

#include <algorithm>
#include <string>
#include <vector>

namespace net {
namespace {

using mcp::Code;
using mcp::Error;

// Without `.` and `..` (RFC 3986 section 5.2.4).
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  bool folder = false;
  for (std::size_t at = 1; at <= path.size();) {
    std::size_t end = std::min(path.find('/', at), path.size());
    std::string_view part = path.substr(at, end - at);
    folder = part == "." || part == "..";
    if (part == ".." && !kept.empty()) kept.pop_back();
    if (!folder) kept.push_back(part);
    at = end + 1;
  }
  std::string out;
  for (std::string_view part : kept) out.append("/").append(part);
  if (folder || out.empty()) out += '/';
  return out;
}

// True when `text` begins with a scheme and a colon.
bool has_scheme(std::string_view text) {
  std::size_t colon = text.find(':');
  if (colon == text.npos || colon == 0) return false;
  return text.substr(0, colon).find_first_of("/?#") == text.npos;
}

}  // namespace

bool is_redirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

mcp::Result<Url> resolve_url(const Url& base, std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  if (has_scheme(reference)) return parse_url(reference);
  const std::string scheme = base.tls ? "https:" : "http:";
  if (reference.starts_with("//")) return parse_url(scheme + std::string(reference));
  const std::string root = base.origin;
  std::string_view path = std::string_view(base.target).substr(0, base.target.find('?'));
  if (reference.empty()) return parse_url(root + base.target);
  if (reference.front() == '?') return parse_url(root + std::string(path) + std::string(reference));
  std::string_view query = reference.substr(std::min(reference.find('?'), reference.size()));
  reference.remove_suffix(query.size());
  std::string whole(reference);
  if (reference.front() != '/') whole = std::string(path.substr(0, path.rfind('/') + 1)) + whole;
  return parse_url(root + without_dots(whole) + std::string(query));
}

mcp::Result<Url> follow_redirect(const Url& from, std::string_view method, int status, std::optional<std::string_view> location) {
  const std::string here = from.text() + " answered with a redirect (HTTP " + std::to_string(status) + ")";
  if (!location) return Error(Code::unavailable, here + " that says not where to");
  auto to = resolve_url(from, *location);
  if (!to) return Error(Code::unavailable, here + ": " + to.error().message);
  if (from.tls && !to->tls)
    return Error(Code::unavailable,
                 here + " to " + to->text() + ", away from TLS; that is never followed, ask its operator for an https address");
  if (to->origin != from.origin)
    return Error(Code::unavailable,
                 here + " to " + to->text() +
                     ", which is another server and so is not followed; if it is the right one, put that address in the config");
  const bool reads = method == "GET" || method == "HEAD";
  if (!reads && status != 307 && status != 308)
    return Error(Code::unavailable, here + " to " + to->text() + " that turns a " + std::string(method) +
                                        " into a GET; put that address in the config if it is the right one");
  return to;
}

}  // namespace net
