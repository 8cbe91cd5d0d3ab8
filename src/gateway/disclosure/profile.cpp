#include "gateway/disclosure/profile.h"

#include <algorithm>

#include "base/glob.h"

namespace gateway {

bool Profile::has_server(std::string_view server) const { return std::find(servers.begin(), servers.end(), server) != servers.end(); }

bool Profile::has_tool(std::string_view server, std::string_view tool) const {
  auto matches = [&](std::string_view pattern) {
    const std::size_t at = pattern.find("__");
    if (at == std::string_view::npos) return base::glob_match(pattern, tool);
    return base::glob_match(pattern.substr(0, at), server) && base::glob_match(pattern.substr(at + 2), tool);
  };
  return has_server(server) && std::any_of(tools.begin(), tools.end(), matches);
}

bool Profile::has_all_tools() const {
  return std::any_of(tools.begin(), tools.end(), [](const std::string& pattern) { return pattern == "*" || pattern == "*__*"; });
}

bool same_profiles(const Profiles& a, const Profiles& b) {
  auto same = [](const auto& one, const auto& other) { return one.first == other.first && *one.second == *other.second; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

}  // namespace gateway
