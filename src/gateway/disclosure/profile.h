// A named part of the catalog, with an endpoint of its own.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/rules.h"
#include "gateway/disclosure/mode.h"

namespace gateway {

// What the config says under `profiles`. Immutable.
struct Profile {
  std::string name;                  // as in /mcp/p/<name>
  std::vector<std::string> servers;  // by id
  std::vector<std::string> tools;    // globs; see has_tool()
  std::optional<Disclosure> disclosure;
  std::optional<authz::Who> confines;  // these see nothing else, on any route

  bool has_server(std::string_view server) const;
  // `tool` is its name behind the server's. A pattern splits at its first `__`, and both halves have to match; one without matches the
  // tools of that name of every server.
  bool has_tool(std::string_view server, std::string_view tool) const;
  // No tool of its servers is left out.
  bool has_all_tools() const;
  bool operator==(const Profile&) const = default;
};

// By name.
using Profiles = std::map<std::string, std::shared_ptr<const Profile>, std::less<>>;
bool same_profiles(const Profiles& a, const Profiles& b);

}  // namespace gateway
