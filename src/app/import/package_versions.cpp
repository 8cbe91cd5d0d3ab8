#include "app/import/package_versions.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <vector>

#include "base/json.h"
#include "net/reaper.h"
#include "trust/launch/packages.h"

extern char** environ;

namespace app {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPatience{20'000};
constexpr std::size_t kMostSaid = 256 * 1024;

// What the program writes to stdout, where it ends well and in time.
std::optional<std::string> output_of(const std::vector<std::string>& words) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  net::Fd out(ends[0]), in(ends[1]);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, in.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  // A group of its own, so that what it starts ends with it.
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&how, 0);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, arguments[0], &files, &how, arguments.data(), environ);
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  in = net::Fd();
  if (failed != 0) return std::nullopt;
  std::string said;
  const auto deadline = steady_clock::now() + kPatience;
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    pollfd wait{out.get(), POLLIN, 0};
    if (left.count() <= 0 || said.size() > kMostSaid || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) {
      (void)::kill(-child, SIGKILL);
      (void)::waitpid(child, nullptr, 0);
      return std::nullopt;
    }
    std::array<char, 4096> some{};
    const ssize_t n = ::read(out.get(), some.data(), some.size());
    if (n <= 0) break;
    said.append(some.data(), static_cast<std::size_t>(n));
  }
  int status = 0;
  // It has closed its output; what does not end then is ended.
  for (int looks = 0; ::waitpid(child, &status, WNOHANG) == 0; ++looks) {
    if (looks == 500) (void)::kill(-child, SIGKILL);
    (void)::poll(nullptr, 0, 10);
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? std::optional(said) : std::nullopt;
}

bool plain_version(std::string_view version) {
  return !version.empty() && version.size() <= 64 && version[0] >= '0' && version[0] <= '9' &&
         version.find_first_not_of("0123456789.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-+!") == version.npos;
}

std::optional<std::string> npm_version(const std::string& text) {
  const trust::PackageSpec spec = trust::parse_npm_name(text);
  if (spec.form == trust::PackageSpec::Form::broken || spec.name.starts_with('-')) return std::nullopt;
  auto said = output_of({"npm", "view", "--json", text, "version"});
  if (!said || !base::validate_json(*said)) return std::nullopt;
  const std::size_t first = said->find_first_not_of(" \r\n");
  const std::size_t last = said->find_last_not_of(" \r\n");
  std::string_view json = std::string_view(*said).substr(first, last - first + 1);
  // A range has several; npm takes the last one.
  if (base::is_array(json)) {
    std::string_view newest;
    for (base::Elements each(json); each.next();) newest = each.value();
    json = newest;
  }
  auto version = base::json_string(json);
  return version && plain_version(*version) ? std::optional(*version) : std::nullopt;
}

std::optional<std::string> pypi_version(const std::string& text) {
  const trust::PackageSpec spec = trust::parse_pypi_name(text);
  if (spec.form == trust::PackageSpec::Form::broken || spec.name.starts_with('-')) return std::nullopt;
  auto said = output_of({"python3", "-m", "pip", "index", "versions", "--disable-pip-version-check", spec.name});
  if (!said) return std::nullopt;
  // `name (1.2.3)` is its first line.
  const std::size_t open = said->find('('), close = said->find(')');
  if (open == std::string::npos || close == std::string::npos || close < open || said->find('\n') < open) return std::nullopt;
  std::string version = said->substr(open + 1, close - open - 1);
  return plain_version(version) ? std::optional(std::move(version)) : std::nullopt;
}

}  // namespace

VersionFinder ask_package_managers() {
  auto silent = std::make_shared<std::array<bool, 2>>();
  return [silent](trust::Ecosystem ecosystem, const std::string& text) -> std::optional<std::string> {
    if (ecosystem != trust::Ecosystem::npm && ecosystem != trust::Ecosystem::pypi) return std::nullopt;
    bool& gave_up = (*silent)[ecosystem == trust::Ecosystem::npm ? 0 : 1];
    if (gave_up) return std::nullopt;
    const auto before = steady_clock::now();
    auto version = ecosystem == trust::Ecosystem::npm ? npm_version(text) : pypi_version(text);
    gave_up = !version && steady_clock::now() - before > kPatience / 2;
    return version;
  };
}

}  // namespace app
