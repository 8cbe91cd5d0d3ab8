#include "sandbox/child/cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

namespace sandbox::child {
namespace {

constexpr const char* kOurs = "gateway";

std::string content(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool put(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0) return false;
  const bool whole = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int why = errno;
  ::close(fd);
  errno = why;
  return whole;
}

Error failed(const std::string& path) { return Error(Code::unavailable, path + ": " + std::strerror(errno)); }

bool has_word(const std::string& text, std::string_view word) {
  std::istringstream in(text);
  for (std::string one; in >> one;)
    if (one == word) return true;
  return false;
}

// Where version 2 is mounted.
std::string mounted(const std::string& root) {
  std::istringstream in(content(root + "/proc/self/mountinfo"));
  for (std::string line; std::getline(in, line);) {
    if (line.find(" - cgroup2 ") == line.npos) continue;
    std::istringstream words(line);
    std::string word;
    for (int i = 0; i < 5; ++i) words >> word;
    return word;
  }
  return {};
}

}  // namespace

std::optional<std::string> find_delegated(const std::string& root) {
  const std::string mount = mounted(root);
  if (mount.empty()) return std::nullopt;
  std::istringstream in(content(root + "/proc/self/cgroup"));
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("0::/")) continue;
    const std::string own = line.substr(3);
    // The root group belongs to the machine.
    if (own == "/") return std::nullopt;
    const std::string folder = root + mount + own;
    const std::string offered = content(folder + "/cgroup.controllers");
    if (!has_word(offered, "memory") || !has_word(offered, "pids")) return std::nullopt;
    for (const char* file : {"/cgroup.procs", "/cgroup.subtree_control"})
      if (::access((folder + file).c_str(), W_OK) != 0) return std::nullopt;
    if (::access(folder.c_str(), W_OK) != 0) return std::nullopt;
    return folder;
  }
  return std::nullopt;
}

Result<> prepare_group(const std::string& folder) {
  const std::string ours = folder + "/" + kOurs;
  if (::mkdir(ours.c_str(), 0755) != 0 && errno != EEXIST) return failed(ours);
  std::istringstream in(content(folder + "/cgroup.procs"));
  // The launcher and this process: whatever began in this group.
  for (std::string pid; in >> pid;)
    if (!put(ours + "/cgroup.procs", pid) && errno != ESRCH) return failed(ours + "/cgroup.procs");
  const std::string offered = content(folder + "/cgroup.controllers");
  const std::string control = folder + "/cgroup.subtree_control";
  for (const char* one : {"memory", "pids", "cpu"})
    if (has_word(offered, one) && !put(control, std::string("+") + one)) return failed(control);
  return {};
}

std::string group_of(const std::string& folder, pid_t pid) { return folder + "/box-" + std::to_string(pid); }

Result<std::string> enter_group(const std::string& folder, pid_t pid, const Ceilings& ceilings) {
  std::string group = group_of(folder, pid);
  if (::mkdir(group.c_str(), 0755) != 0) return failed(group);
  struct One {
    const char* file;
    std::string value;
    bool needed;
  };
  for (const One& one : {One{"/memory.max", std::to_string(ceilings.memory), true}, One{"/memory.swap.max", "0", false},
                         One{"/pids.max", std::to_string(ceilings.processes), true},
                         One{"/cpu.max", std::to_string(ceilings.cpu_percent * 1'000) + " 100000", false},
                         One{"/memory.oom.group", "1", false}, One{"/cgroup.procs", std::to_string(pid), true}}) {
    if (put(group + one.file, one.value) || !one.needed) continue;
    Error error = failed(group + one.file);
    ::rmdir(group.c_str());
    return error;
  }
  return group;
}

void end_group(const std::string& group) {
  (void)put(group + "/cgroup.kill", "1");
  ::rmdir(group.c_str());
}

}  // namespace sandbox::child
