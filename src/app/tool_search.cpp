#include "app/tool_search.h"

#include <cstddef>
#include <map>
#include <string_view>
#include <unordered_map>

#include "disclosure/index.h"

namespace app {
namespace {

constexpr std::size_t kMostShown = 20;

}  // namespace

std::vector<mcp::ToolInfo> fitting_tools(std::vector<mcp::ToolInfo> tools, const std::string& query) {
  if (query.find_first_not_of(' ') == std::string::npos) return tools;
  std::map<std::string_view, std::vector<disclosure::ToolView>> servers;
  for (const mcp::ToolInfo& tool : tools) {
    // Public names are `<server>__<name>` where there are several servers.
    std::string_view name = tool.name;
    std::size_t border = name.find("__");
    std::string_view server = border == std::string_view::npos ? std::string_view{} : name.substr(0, border);
    std::string_view own = border == std::string_view::npos ? name : name.substr(border + 2);
    servers[server].push_back({server, own, name, tool.title, tool.description, tool.input_schema, {}, {}});
  }
  disclosure::Index index;
  for (const auto& [id, views] : servers) index.set_server(id, {}, views);
  disclosure::Query wanted;
  wanted.text = query;
  wanted.limit = kMostShown;
  std::unordered_map<std::string_view, const mcp::ToolInfo*> by_name;
  for (const mcp::ToolInfo& tool : tools) by_name.emplace(tool.name, &tool);
  std::vector<mcp::ToolInfo> out;
  for (const disclosure::Hit& hit : index.search(wanted)) out.push_back(*by_name.at(hit.public_name));
  return out;
}

}  // namespace app
