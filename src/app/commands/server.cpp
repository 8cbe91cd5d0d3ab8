#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "app/build_info.h"
#include "app/commands.h"
#include "app/config.h"
#include "app/nearest.h"
#include "app/reader.h"
#include "app/terminal.h"
#include "mcp/json.h"
#include "mcp/server.h"
#include "net/proxy.h"
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

// Where each finds its credential.
struct Credential {
  std::string_view builtin, setting, variable;
};
constexpr std::array<Credential, 4> kCredentials{{{"github", "token", "GITHUB_TOKEN"},
                                                  {"tavily", "key", "TAVILY_API_KEY"},
                                                  {"tasks", "token", "TASKS_TOKEN"},
                                                  {"openapi", "token", "OPENAPI_TOKEN"}}};

// The settings of the servers over an API, from flags and environment.
base::Secret<std::string> own_settings(const ServerOptions& options) {
  mcp::JsonWriter out;
  out.object();
  bool known = false;
  for (const Credential& one : kCredentials) {
    if (one.builtin != options.name) continue;
    known = true;
    if (auto value = process_environment(std::string(one.variable)); value && !value->empty()) out.field(one.setting, *value);
    out.field("remedy", fmt::format("set the variable {}", one.variable));
  }
  if (!known) return {};
  if (!options.spec.empty()) out.field("spec", std::filesystem::absolute(options.spec).string());
  if (!options.base_url.empty()) out.field("base_url", options.base_url);
  if (!options.profile.empty()) out.field("profile", options.profile);
  if (options.tools == ServerOptions::Tools::all) out.field("write", true);
  if (!options.values.empty()) {
    out.key("values").object();
    for (const std::string& pair : options.values) {
      const std::size_t equals = std::min(pair.find('='), pair.size());
      out.field(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())));
    }
    out.end();
  }
  out.end();
  return base::Secret<std::string>(std::move(out).text());
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
  builtin_options.own = own_settings(options);
  auto proxies = net::proxies_of(process_environment);
  if (!proxies) {
    complain(proxies.error().message);
    return kUsage;
  }
  builtin_options.proxies = *std::move(proxies);
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
