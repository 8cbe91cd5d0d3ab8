#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "app/build_info.h"
#include "app/commands.h"
#include "app/config.h"
#include "app/nearest.h"
#include "app/terminal.h"
#include "mcp/server.h"
#include "servers/builtin.h"

namespace app {
namespace {

// `DIR`, or `DIR:append` or `DIR:write`. A folder whose name ends like that is written with `:read` behind it.
servers::RootOptions parse_root(const std::string& text) {
  servers::RootOptions root{text};
  std::size_t colon = text.rfind(':');
  if (colon != std::string::npos)
    if (auto mode = servers::parse_root_mode(std::string_view(text).substr(colon + 1))) root = {text.substr(0, colon), *mode};
  std::error_code ec;
  root.path = std::filesystem::absolute(root.path, ec).lexically_normal().string();
  return root;
}

int refused(const mcp::Error& error, const std::string& name) {
  std::vector<std::string_view> names = servers::builtin_names();
  auto near = find_nearest(name, names);
  bool known = near && *near == name;
  complain(near && !known ? fmt::format("{}; did you mean {}?", error.message, *near) : error.message);
  return kUsage;
}

}  // namespace

int server(const ServerOptions& options) {
  servers::BuiltinOptions builtin_options;
  builtin_options.version = build_version();
  for (const std::string& root : options.roots) builtin_options.roots.push_back(parse_root(root));
  if (!options.http.empty())
    if (auto address = parse_listen(options.http); !address) {
      complain("--http: " + address.error().message);
      return kUsage;
    }
  auto builtin = servers::make_builtin(options.name, builtin_options);
  if (!builtin) return refused(builtin.error(), options.name);
  std::string program = "gatehouse", flag = "--http", address = options.http;
  std::vector<char*> arguments{program.data()};
  if (!options.http.empty()) {
    arguments.push_back(flag.data());
    arguments.push_back(address.data());
  }
  arguments.push_back(nullptr);
  return mcp::run((*builtin)->server(), static_cast<int>(arguments.size()) - 1, arguments.data());
}

}  // namespace app
