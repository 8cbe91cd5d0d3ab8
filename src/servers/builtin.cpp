#include "servers/builtin.h"

#include <array>
#include <utility>

#include "servers/filesystem/filesystem.h"
#include "servers/filesystem/refusal.h"
#include "servers/vault/vault_server.h"

namespace servers {

namespace {

using Make = Result<std::unique_ptr<Builtin>> (*)(const BuiltinOptions& options);

struct Line {
  std::string_view name;
  Make make;  // null: not built yet
};

// One line per built-in server.
constexpr std::array kList = {
    Line{"filesystem", make_filesystem},
    Line{"vault", make_vault},
    Line{"github", nullptr},
    Line{"tavily", nullptr},
    Line{"tasks", nullptr},
    Line{"openapi", nullptr},
};

std::string known() {
  std::string out;
  for (const Line& line : kList)
    if (line.make) out += (out.empty() ? "" : ", ") + std::string(line.name);
  return out;
}

}  // namespace

std::vector<std::string_view> builtin_names() {
  std::vector<std::string_view> names;
  for (const Line& line : kList)
    if (line.make) names.push_back(line.name);
  return names;
}

Result<std::unique_ptr<Builtin>> make_builtin(std::string_view name, const BuiltinOptions& options) {
  for (const Line& line : kList) {
    if (line.name != name) continue;
    if (line.make) return line.make(options);
    return Error(Code::unavailable, "the built-in server '" + std::string(name) + "' is not built yet; built are: " + known());
  }
  return Error(Code::invalid_argument, "there is no built-in server " + in_quotes(name) + "; built are: " + known());
}

}  // namespace servers
