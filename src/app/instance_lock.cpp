#include "app/instance_lock.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace app {
namespace {

using mcp::Code;
using mcp::Error;

// Locks of open file descriptions: they end with the last descriptor, and testing one does not take it.
struct flock whole_file(short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

RunningGateway read_note(int fd) {
  char buffer[256];
  ssize_t n = ::pread(fd, buffer, sizeof buffer, 0);
  std::istringstream text(std::string(buffer, n > 0 ? static_cast<std::size_t>(n) : 0));
  RunningGateway out;
  text >> out.pid >> out.address;
  return out;
}

void write_note(int fd, const std::string& text) {
  if (::ftruncate(fd, 0) != 0) return;
  (void)!::pwrite(fd, text.data(), text.size(), 0);
}

std::set<std::string> listening_inodes(std::uint16_t port) {
  std::set<std::string> inodes;
  std::string wanted = fmt::format(":{:04X}", port);
  for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
      std::istringstream fields(line);
      std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
      fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode;
      if (state == "0A" && local.ends_with(wanted)) inodes.insert(fmt::format("socket:[{}]", inode));
    }
  }
  return inodes;
}

bool holds_one(const std::filesystem::path& process, const std::set<std::string>& sockets) {
  std::error_code ec;
  for (std::filesystem::directory_iterator it(process / "fd", ec), end; !ec && it != end; it.increment(ec)) {
    std::error_code unreadable;
    auto target = std::filesystem::read_symlink(it->path(), unreadable);
    if (!unreadable && sockets.contains(target.string())) return true;
  }
  return false;
}

}  // namespace

mcp::Result<InstanceLock> InstanceLock::take(const std::string& path) {
  net::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return Error(Code::unavailable, fmt::format("{} cannot be opened: {}", path, std::strerror(errno)));
  struct flock lock = whole_file(F_WRLCK);
  if (::fcntl(file.get(), F_OFD_SETLK, &lock) != 0) {
    if (errno != EAGAIN && errno != EACCES)
      return Error(Code::unavailable, fmt::format("{} cannot be locked: {}", path, std::strerror(errno)));
    RunningGateway other = read_note(file.get());
    std::string who = other.pid > 0 ? fmt::format(" (pid {})", other.pid) : "";
    std::string where = other.address.empty() ? "" : fmt::format(" at {}", other.address);
    return Error(Code::conflict, fmt::format("a gateway{} runs on this store{}; stop it, or give this one a store of its own", who, where));
  }
  write_note(file.get(), fmt::format("{}\n", ::getpid()));
  return InstanceLock(std::move(file));
}

InstanceLock::~InstanceLock() {
  if (file_) write_note(file_.get(), "");
}

void InstanceLock::note(const std::string& address) { write_note(file_.get(), fmt::format("{} {}\n", ::getpid(), address)); }

std::optional<RunningGateway> find_running(const std::string& path) {
  net::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  struct flock lock = whole_file(F_RDLCK);
  if (::fcntl(file.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return {};
  return read_note(file.get());
}

std::optional<pid_t> find_listener(std::uint16_t port) {
  std::set<std::string> sockets = listening_inodes(port);
  if (sockets.empty()) return {};
  std::error_code ec;
  for (std::filesystem::directory_iterator it("/proc", ec), end; !ec && it != end; it.increment(ec)) {
    std::string name = it->path().filename().string();
    pid_t pid = 0;
    auto [last, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || last != name.data() + name.size()) continue;
    if (holds_one(it->path(), sockets)) return pid;
  }
  return {};
}

}  // namespace app
