#include "gateway/confine.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gateway {

std::shared_ptr<const authz::Confinement> confinement_of(const Config& config) {
  // Patterns of profiles are about the names that the config gives; rules about the upstreams' own.
  using Names = std::map<std::pair<std::string, std::string>, std::string>;
  auto names = std::make_shared<Names>();
  for (const ServerConfig& server : config.servers)
    for (const auto& [tool, change] : server.tools)
      if (change.rename) names->emplace(std::pair(server.id, tool), *change.rename);
  std::vector<authz::Part> parts;
  for (const auto& [name, profile] : config.profiles) {
    authz::Part part;
    part.name = name;
    part.confines = profile->confines;
    part.all_tools = profile->has_all_tools();
    part.has_server = [profile](std::string_view server) { return profile->has_server(server); };
    part.has_tool = [profile, names](std::string_view server, std::string_view tool) {
      auto renamed = names->empty() ? names->end() : names->find({std::string(server), std::string(tool)});
      return profile->has_tool(server, renamed == names->end() ? tool : std::string_view(renamed->second));
    };
    parts.push_back(std::move(part));
  }
  return std::make_shared<const authz::Confinement>(std::move(parts));
}

}  // namespace gateway
