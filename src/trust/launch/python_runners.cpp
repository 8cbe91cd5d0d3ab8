// uvx, uv run and pipx run.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "trust/launch/grammars.h"
#include "trust/launch/packages.h"
#include "trust/launch/words.h"

namespace trust {
namespace {

using Takes = Option::Takes;

constexpr std::string_view kUvxRemedy = "write uvx NAME==VERSION, or uvx --from NAME==VERSION COMMAND, and then the server's own arguments";
constexpr std::string_view kUvRemedy = "write uv run --directory FOLDER FILE.py, or uvx NAME==VERSION";
constexpr std::string_view kPipxRemedy = "write pipx run NAME==VERSION and then the server's own arguments";

void judge_requirement(Judgement& judgement, std::size_t word, std::string_view value) {
  // Several may stand in one.
  while (!value.empty() && !judgement.denied()) {
    std::size_t end = value.find(',');
    // A comma between two bounds of one version is no end of a name.
    while (end != std::string_view::npos && end + 1 < value.size() && std::string_view("<>=~!").contains(value[end + 1]))
      end = value.find(',', end + 1);
    const std::size_t bracket = value.find('[');
    if (bracket < end) end = value.find(',', std::min(value.find(']', bracket), value.size()));
    judge_pypi_package(judgement, word, value.substr(0, end));
    value.remove_prefix(end == std::string_view::npos ? value.size() : end + 1);
  }
}

// A version, and no path: `3.12`, `>=3.11`, `cpython-3.12`.
void judge_python_request(Judgement& judgement, std::size_t word, std::string_view value) {
  const bool path = value.contains('/') || value.contains('\\') || value.starts_with('.') || value.starts_with('~') || !is_plain(value);
  if (path || value.empty())
    judgement.deny("R04", Judgement::place(word), "the interpreter is to be one of a path", "write a version of Python, such as 3.12");
}

void judge_project(Judgement& judgement, std::size_t word, std::string_view value) { judge_code(judgement, word, value, "the project"); }

void judge_prerelease(Judgement& judgement, std::size_t word, std::string_view value) {
  constexpr std::array<std::string_view, 5> kWords{"allow", "disallow", "if-necessary", "explicit", "if-necessary-or-explicit"};
  if (std::ranges::find(kWords, value) == kWords.end())
    judgement.deny("R04", Judgement::place(word), "this is no choice of early versions", "write allow");
}

constexpr auto kUvx = std::to_array<Option>({
    {"--from", Takes::value, judge_requirement},
    {"--with", Takes::value, judge_requirement},
    {"-w", Takes::value, judge_requirement},
    {"--python", Takes::value, judge_python_request},
    {"-p", Takes::value, judge_python_request},
    {"--prerelease", Takes::value, judge_prerelease},
    {"-n"},
    {"--no-cache"},
    {"-q"},
    {"--quiet"},
    {"-v"},
    {"--verbose"},
    {"--isolated"},
    {"--offline"},
    {"--no-progress"},
    {"--no-config"},
    {"--no-build"},
    {"--no-env-file"},
    {"--native-tls"},
    {"--managed-python"},
    {"--refresh"},
    {"-U"},
    {"--upgrade"},
});

constexpr auto kUvBefore = std::to_array<Option>({
    {"--directory", Takes::value, judge_project},
    {"--project", Takes::value, judge_project},
    {"-q"},
    {"--quiet"},
    {"-v"},
    {"--verbose"},
    {"-n"},
    {"--no-cache"},
    {"--offline"},
    {"--no-progress"},
    {"--no-config"},
    {"--native-tls"},
    {"--managed-python"},
});

// What uv run knows besides; a module and a script come in the same place as a command.
constexpr auto kUvRun = std::to_array<Option>({
    {"--directory", Takes::value, judge_project},
    {"--project", Takes::value, judge_project},
    {"--with", Takes::value, judge_requirement},
    {"-w", Takes::value, judge_requirement},
    {"--with-requirements", Takes::value,
     [](Judgement& j, std::size_t word, std::string_view path) { judge_code(j, word, path, "the list of packages"); }},
    {"--with-editable", Takes::value, judge_project},
    {"--python", Takes::value, judge_python_request},
    {"-p", Takes::value, judge_python_request},
    {"--prerelease", Takes::value, judge_prerelease},
    {"--module", Takes::nothing},
    {"-m", Takes::nothing},
    {"--script", Takes::nothing},
    {"-s", Takes::nothing},
    {"--package", Takes::value, nullptr},
    {"--extra", Takes::value, nullptr},
    {"--group", Takes::value, nullptr},
    {"--only-group", Takes::value, nullptr},
    {"--no-group", Takes::value, nullptr},
    {"--all-extras"},
    {"--all-groups"},
    {"--no-dev"},
    {"--dev"},
    {"--frozen"},
    {"--locked"},
    {"--no-sync"},
    {"--exact"},
    {"--active"},
    {"--no-project"},
    {"--isolated"},
    {"--no-editable"},
    {"--no-env-file"},
    {"--refresh"},
    {"--upgrade"},
    {"-U"},
    {"-q"},
    {"--quiet"},
    {"-v"},
    {"--verbose"},
    {"-n"},
    {"--no-cache"},
    {"--offline"},
    {"--no-progress"},
    {"--no-config"},
    {"--no-build"},
    {"--native-tls"},
    {"--managed-python"},
});

constexpr auto kPipx = std::to_array<Option>({
    {"--spec", Takes::value, judge_requirement},
    {"--no-cache"},
    {"--quiet"},
    {"-q"},
    {"--verbose"},
});

bool holds(std::span<const std::string> words, std::size_t from, std::size_t to, std::string_view option) {
  for (std::size_t i = from; i < to; ++i)
    if (words[i] == option || words[i].starts_with(std::string(option) + "=")) return true;
  return false;
}

void missing(Judgement& judgement, std::string_view what, std::string_view remedy) {
  judgement.deny("R04", Judgement::place(judgement.words().size() - 1), fmt::format("it is given no {}", what), std::string(remedy));
}

// A command out of a package that is named apart.
void judge_command_of_package(Judgement& judgement, std::size_t word) {
  const std::string& command = judgement.words()[word];
  const auto plain = command.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == std::string::npos;
  if (!plain || command.empty() || command[0] == '-' || command[0] == '.')
    return judgement.deny("R04", Judgement::place(word), fmt::format("{} is no name of a command", printable(command)),
                          std::string(kUvxRemedy));
  if (is_system_tool(command) || is_runner_package(command))
    judgement.deny("R04", Judgement::place(word), fmt::format("{} runs whatever its arguments say, and is no server", printable(command)),
                   "name the server's own command");
}

void judge_uvx_from(Judgement& judgement, std::size_t at) {
  const auto words = judgement.words();
  const Options options{"uvx", "R05", kUvx, kUvxRemedy};
  const auto command = skip_options(judgement, at, options);
  if (!command) return;
  if (*command >= words.size()) return missing(judgement, "package", kUvxRemedy);
  if (holds(words, at, *command, "--from"))
    judge_command_of_package(judgement, *command);
  else
    judge_pypi_package(judgement, *command, words[*command]);
  if (!judgement.denied()) judge_arguments(judgement, *command + 1);
}

// What `uv run` runs in the project: a file, a module, or a command of a package.
enum class Named { command, module, script };

void judge_uv_command(Judgement& judgement, std::size_t at, Named named) {
  const auto words = judgement.words();
  const std::string& command = words[at];
  const std::string_view name = std::string_view(command).substr(command.rfind('/') + 1);
  const bool file = named == Named::script || command.contains('/') || command.ends_with(".py") || command.ends_with(".pyw") ||
                    command == "-" || is_url(command);
  if (named == Named::module) {
    judge_module(judgement, at, command);
  } else if (find_launcher(name) && !command.contains('/')) {
    judgement.review("R09", Judgement::place(at), "the project is code of this machine that nobody has approved yet",
                     fmt::format("read it, and {}", kApprove));
    return judge_program(judgement, at);
  } else if (is_system_tool(name) || is_runner_package(name)) {
    return judgement.deny("R04", Judgement::place(at), fmt::format("{} runs whatever its arguments say, and is no server", printable(name)),
                          std::string(kUvRemedy));
  } else if (file) {
    judge_code(judgement, at, command, "the script");
  } else {
    judge_command_of_package(judgement, at);
    judgement.review("R09", Judgement::place(at),
                     fmt::format("{} is a command of the project, which nobody has approved yet", printable(command)),
                     fmt::format("read it, and {}", kApprove));
  }
  if (!judgement.denied()) judge_arguments(judgement, at + 1);
}

}  // namespace

void judge_uvx(Judgement& judgement, std::size_t program) { judge_uvx_from(judgement, program + 1); }

void judge_uv(Judgement& judgement, std::size_t program) {
  const auto words = judgement.words();
  const auto verb = skip_options(judgement, program + 1, {"uv", "R05", kUvBefore, kUvRemedy});
  if (!verb) return;
  if (*verb >= words.size()) return missing(judgement, "verb", kUvRemedy);
  if (words[*verb] == "tool" && *verb + 1 < words.size() && words[*verb + 1] == "run") return judge_uvx_from(judgement, *verb + 2);
  if (words[*verb] != "run")
    return judgement.deny("R04", Judgement::place(*verb), "uv starts a server only as uv run and uv tool run", std::string(kUvRemedy));
  const auto command = skip_options(judgement, *verb + 1, {"uv run", "R05", kUvRun, kUvRemedy});
  if (!command) return;
  if (*command >= words.size()) return missing(judgement, "command", kUvRemedy);
  Named named = Named::command;
  if (holds(words, *verb, *command, "-s") || holds(words, *verb, *command, "--script")) named = Named::script;
  if (holds(words, *verb, *command, "-m") || holds(words, *verb, *command, "--module")) named = Named::module;
  judge_uv_command(judgement, *command, named);
}

void judge_pipx(Judgement& judgement, std::size_t program) {
  const auto words = judgement.words();
  const std::size_t verb = program + 1;
  if (verb >= words.size() || words[verb] != "run")
    return judgement.deny("R04", Judgement::place(std::min(verb, words.size() - 1)), "pipx starts a server only as pipx run",
                          std::string(kPipxRemedy));
  const auto package = skip_options(judgement, verb + 1, {"pipx run", "R05", kPipx, kPipxRemedy});
  if (!package) return;
  if (*package >= words.size()) return missing(judgement, "package", kPipxRemedy);
  if (holds(words, verb, *package, "--spec"))
    judge_command_of_package(judgement, *package);
  else
    judge_pypi_package(judgement, *package, words[*package]);
  if (!judgement.denied()) judge_arguments(judgement, *package + 1);
}

}  // namespace trust
