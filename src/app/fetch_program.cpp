#include "app/fetch_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>

extern char** environ;

namespace app {
namespace {

using mcp::Code;
using mcp::Error;

constexpr int kPatience = 600'000;     // milliseconds
constexpr std::size_t kWords = 2'000;  // of what a program says at the end

bool ended_well(pid_t child) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  pollfd ended{fd, POLLIN, 0};
  if (fd < 0 || ::poll(&ended, 1, kPatience) <= 0) (void)::kill(child, SIGKILL);
  if (fd >= 0) ::close(fd);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

mcp::Result<> run_fetch_program(const std::vector<std::string>& command, const std::filesystem::path& log) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, command[0].c_str(), &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0)
    return Error(Code::unavailable,
                 fmt::format("{} is not on the PATH; install it, or lock this server where it is installed", command[0]));
  const bool good = ended_well(child);
  std::string said = read_text(log);
  std::error_code ec;
  std::filesystem::remove(log, ec);
  if (good) return {};
  if (said.size() > kWords) said.erase(0, said.size() - kWords);
  return Error(Code::upstream_failed, fmt::format("{} {} failed: {}", command[0], command.size() > 1 ? command[1] : "", said));
}

}  // namespace app
