#include "servers/builtin.h"

#include <array>
#include <utility>

#include "servers/filesystem/filesystem.h"
#include "servers/filesystem/refusal.h"
#include "servers/github/github.h"
#include "servers/openapi/openapi.h"
#include "servers/tasks/tasks.h"
#include "servers/tavily/tavily.h"
#include "servers/vault/vault_server.h"

namespace servers {

namespace {

using Make = Result<std::unique_ptr<Builtin>> (*)(const BuiltinOptions& options);

using Check = Result<std::vector<std::string>> (*)(const BuiltinOptions& options);

struct Line {
  std::string_view name;
  Make make;
  Check check = nullptr;  // null: there is nothing to check beforehand
};

// One line per built-in server.
constexpr std::array kList = {
    Line{"filesystem", make_filesystem},
    Line{"vault", make_vault},
    Line{"github", github::make_github, github::check_github},
    Line{"tavily", tavily::make_tavily, tavily::check_tavily},
    Line{"tasks", tasks::make_tasks, tasks::check_tasks},
    Line{"openapi", openapi::make_openapi, openapi::check_openapi},
};

std::string known() {
  std::string out;
  for (const Line& line : kList) out.append(out.empty() ? "" : ", ").append(line.name);
  return out;
}

}  // namespace

std::vector<std::string_view> builtin_names() {
  std::vector<std::string_view> names;
  names.reserve(kList.size());
  for (const Line& line : kList) names.push_back(line.name);
  return names;
}

Result<std::unique_ptr<Builtin>> make_builtin(std::string_view name, const BuiltinOptions& options) {
  for (const Line& line : kList)
    if (line.name == name) return line.make(options);
  return Error(Code::invalid_argument, "there is no built-in server " + in_quotes(name) + "; built are: " + known());
}

Result<std::vector<std::string>> check_builtin(std::string_view name, const BuiltinOptions& options) {
  for (const Line& line : kList)
    if (line.name == name && line.check) return line.check(options);
  return std::vector<std::string>();
}

}  // namespace servers
