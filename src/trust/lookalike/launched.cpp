#include "trust/lookalike/launched.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace trust {
namespace {

std::string_view base_name(std::string_view program) {
  const std::size_t slash = program.rfind('/');
  return slash == program.npos ? program : program.substr(slash + 1);
}

struct Runner {
  std::string_view program;
  std::array<std::string_view, 2> verbs;  // words before the package; empty: none
  Ecosystem ecosystem;
  std::string_view names;   // options that name the package themselves
  std::string_view valued;  // other options that take a value as their next word
};

constexpr std::array<Runner, 12> kRunners{{
    {"npx", {}, Ecosystem::npm, " -p --package ", " -c --call -w --workspace --registry "},
    {"bunx", {}, Ecosystem::npm, " -p --package ", " "},
    {"npm", {"exec", ""}, Ecosystem::npm, " --package ", " -c --call -w --workspace --registry "},
    {"npm", {"x", ""}, Ecosystem::npm, " --package ", " -c --call -w --workspace --registry "},
    {"pnpm", {"dlx", ""}, Ecosystem::npm, " --package ", " "},
    {"yarn", {"dlx", ""}, Ecosystem::npm, " -p --package ", " "},
    {"uvx",
     {},
     Ecosystem::pypi,
     " --from ",
     " -p --python --with -w --index --index-url --default-index --extra-index-url --directory --with-editable "},
    {"uv",
     {"tool", "run"},
     Ecosystem::pypi,
     " --from ",
     " -p --python --with -w --index --index-url --default-index --extra-index-url --directory "},
    {"pipx", {"run", ""}, Ecosystem::pypi, " --spec ", " --python --index-url --pip-args "},
    {"docker",
     {"run", ""},
     Ecosystem::oci,
     "",
     " -e --env --env-file -v --volume --mount --name -p --publish --network --net -u --user -w --workdir --entrypoint --platform "
     "--add-host --cpus "
     "-m --memory --label -l --hostname -h --restart --pull --security-opt --cap-add --cap-drop --device --tmpfs --ulimit --gpus --ipc "
     "--pid --userns "
     "--log-driver --log-opt --dns --expose --link --runtime --shm-size --pids-limit --volumes-from --cidfile -a --attach "},
    {"podman",
     {"run", ""},
     Ecosystem::oci,
     "",
     " -e --env --env-file -v --volume --mount --name -p --publish --network --net -u --user -w --workdir --entrypoint --platform "
     "--add-host --cpus "
     "-m --memory --label -l --hostname -h --restart --pull --security-opt --cap-add --cap-drop --device --tmpfs --ulimit --gpus --ipc "
     "--pid --userns "},
    {"docker",
     {"container", "run"},
     Ecosystem::oci,
     "",
     " -e --env --env-file -v --volume --mount --name -p --publish --network -u --user -w --workdir "},
}};

bool listed(std::string_view word, std::string_view list) {
  for (std::size_t at = list.find(word); at != list.npos; at = list.find(word, at + 1))
    if (at > 0 && list[at - 1] == ' ' && at + word.size() < list.size() && list[at + word.size()] == ' ') return true;
  return false;
}

std::optional<LaunchedPackage> behind(const Runner& runner, std::span<const std::string> command, std::size_t at) {
  for (; at < command.size(); ++at) {
    const std::string& word = command[at];
    if (word == "--") {
      ++at;
      break;
    }
    if (!word.starts_with('-') || word.size() < 2) break;
    const std::size_t equal = word.find('=');
    const std::string_view option = std::string_view(word).substr(0, equal);
    if (listed(option, runner.names)) {
      if (equal != word.npos) return LaunchedPackage{runner.ecosystem, word.substr(equal + 1), at};
      if (at + 1 < command.size()) return LaunchedPackage{runner.ecosystem, command[at + 1], at + 1};
      return std::nullopt;
    }
    if (equal == word.npos && listed(option, runner.valued)) ++at;
  }
  if (at >= command.size() || command[at].empty()) return std::nullopt;
  return LaunchedPackage{runner.ecosystem, command[at], at};
}

}  // namespace

std::optional<LaunchedPackage> find_package(std::span<const std::string> command) {
  if (command.empty()) return std::nullopt;
  const std::string_view program = base_name(command[0]);
  for (const Runner& runner : kRunners) {
    if (runner.program != program) continue;
    std::size_t at = 1;
    bool fits = true;
    for (std::string_view verb : runner.verbs) {
      if (verb.empty()) continue;
      fits = fits && at < command.size() && command[at] == verb;
      ++at;
    }
    if (fits) return behind(runner, command, at);
  }
  return std::nullopt;
}

}  // namespace trust
