#include "access/plain_path.h"

#include <algorithm>
#include <vector>

namespace authz {
namespace {

bool is_slash(char c) { return c == '/' || c == '\\'; }

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool plain_byte(int byte) {
  const char c = static_cast<char>(byte);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~' ||
         is_slash(c);
}

// Calls `step` for each one, without slashes.
template <class F>
void each_step(std::string_view path, F&& step) {
  for (std::size_t at = 0; at <= path.size();) {
    std::size_t end = at;
    while (end < path.size() && !is_slash(path[end])) ++end;
    step(path.substr(at, end - at));
    at = end + 1;
  }
}

}  // namespace

bool has_detours(std::string_view path) {
  bool found = false;
  std::size_t number = 0, empty = 0;
  each_step(path, [&](std::string_view step) {
    found = found || step == "." || step == "..";
    if (step.empty() && number > 0) ++empty;
    ++number;
  });
  // A slash at the end is none.
  if (!path.empty() && is_slash(path.back()) && empty > 0) --empty;
  return found || empty > 0;
}

std::string without_detours(std::string_view path) {
  std::vector<std::string_view> steps;
  each_step(path, [&](std::string_view step) {
    if (step.empty() || step == ".") return;
    if (step != "..")
      steps.push_back(step);
    else if (!steps.empty())
      steps.pop_back();
  });
  std::string out;
  for (std::string_view step : steps) {
    if (!out.empty() || (!path.empty() && is_slash(path.front()))) out += '/';
    out += step;
  }
  if (!path.empty() && is_slash(path.back())) out += '/';
  return out;
}

std::string plain_uri(std::string_view uri) {
  std::string decoded;
  decoded.reserve(uri.size());
  for (std::size_t i = 0; i < uri.size(); ++i) {
    const int byte =
        uri[i] == '%' && i + 2 < uri.size() && hex(uri[i + 1]) >= 0 && hex(uri[i + 2]) >= 0 ? hex(uri[i + 1]) * 16 + hex(uri[i + 2]) : -1;
    if (byte >= 0 && plain_byte(byte)) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += uri[i];
    }
  }
  std::size_t colon = decoded.find(':');
  if (colon == std::string::npos) return without_detours(decoded);
  std::size_t path = colon + 1;
  if (decoded.compare(path, 2, "//") == 0) path = std::min(decoded.find_first_of("/\\?#", path + 2), decoded.size());
  std::transform(decoded.begin(), decoded.begin() + static_cast<std::ptrdiff_t>(path), decoded.begin(), lower);
  const std::size_t end = std::min(decoded.find_first_of("?#", path), decoded.size());
  return decoded.substr(0, path) + without_detours(std::string_view(decoded).substr(path, end - path)) + decoded.substr(end);
}

}  // namespace authz
