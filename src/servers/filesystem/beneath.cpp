#include "servers/filesystem/beneath.h"

#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <deque>

namespace servers {

namespace {

constexpr int kMostLinks = 40;    // as the kernel
constexpr int kMostRetries = 64;  // a tree that is being renamed makes openat2 ask for another try

// Set once openat2 turned out to be missing or forbidden.
std::atomic<bool> kernel_lacks_openat2 = false;

Opened failed(int error) { return {Fd(), error}; }

int kernel_open(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<__u64>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int i = 0; i < kMostRetries; ++i) {
    long fd = syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    if (errno != EAGAIN && errno != EINTR) return -errno;
  }
  return -EAGAIN;
}

// Where a walk stands: the directories from the root down, and the parts still to go.
class Walk {
 public:
  Walk(int root, std::string_view path, std::span<const std::string> names) : root_(root), names_(names) { push_front(path); }

  Opened run(int flags) {
    while (!todo_.empty()) {
      std::string part = std::move(todo_.front());
      todo_.pop_front();
      if (part == "..") {
        if (down_.empty()) return failed(EXDEV);
        down_.pop_back();
        continue;
      }
      bool last = todo_.empty();
      Fd fd(openat(here(), part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
      if (!fd) return failed(errno);
      struct stat st{};
      if (fstat(fd.get(), &st) != 0) return failed(errno);
      if (S_ISLNK(st.st_mode) && !(last && (flags & O_NOFOLLOW))) {
        if (int error = follow(fd)) return failed(error);
        continue;
      }
      if (last && !S_ISDIR(st.st_mode)) return open_last(part, flags);
      if (!S_ISDIR(st.st_mode)) return failed(ENOTDIR);
      down_.push_back(std::move(fd));
    }
    return open_last(".", flags);
  }

 private:
  int here() const { return down_.empty() ? root_ : down_.back().get(); }

  void push_front(std::string_view path) {
    // A trailing slash, or "/." at the end, asks for a directory; O_DIRECTORY says the same where it matters.
    auto parts = path_parts(path);
    todo_.insert(todo_.begin(), parts.begin(), parts.end());
  }

  int follow(const Fd& link) {
    struct statfs fs{};
    if (fstatfs(link.get(), &fs) != 0) return errno;
    if (fs.f_type == PROC_SUPER_MAGIC) return ELOOP;  // may be a link that is no path
    if (++links_ > kMostLinks) return ELOOP;
    std::array<char, PATH_MAX> target;
    ssize_t n = readlinkat(link.get(), "", target.data(), target.size());
    if (n < 0) return errno;
    if (n == 0) return ENOENT;
    if (static_cast<std::size_t>(n) == target.size()) return ENAMETOOLONG;
    std::string_view to(target.data(), static_cast<std::size_t>(n));
    if (to.starts_with('/')) return follow_absolute(to);
    push_front(to);
    return 0;
  }

  int follow_absolute(std::string_view to) {
    // By its letters alone up to the root's name; what comes behind is walked like anything else, `..` included.
    for (const std::string& name : names_) {
      if (to != name && !(to.starts_with(name) && (name.ends_with('/') || to[name.size()] == '/'))) continue;
      down_.clear();
      push_front(to.substr(name.size()));
      return 0;
    }
    return EXDEV;
  }

  Opened open_last(const std::string& part, int flags) {
    int fd = openat(here(), part.c_str(), flags | O_NOFOLLOW);
    if (fd < 0) return failed(errno);
    return {Fd(fd), 0};
  }

  int root_;
  std::span<const std::string> names_;
  std::deque<Fd> down_;
  std::deque<std::string> todo_;
  int links_ = 0;
};

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Opened open_beneath(int root, std::string_view path, int flags, std::span<const std::string> names, Resolver resolver) {
  if (path.find('\0') != std::string_view::npos) return failed(EINVAL);
  if (path.size() >= PATH_MAX) return failed(ENAMETOOLONG);
  if (path.starts_with('/')) return failed(EXDEV);
  flags |= O_CLOEXEC | ((flags & O_PATH) ? 0 : O_NOCTTY);
  if (resolver == Resolver::kernel && !kernel_lacks_openat2.load(std::memory_order_relaxed)) {
    int fd = kernel_open(root, path.empty() ? "." : std::string(path), flags);
    if (fd >= 0) return {Fd(fd), 0};
    // A sandbox may forbid the call with EPERM, and a file may too; an absolute link may lead inside. The walk tells them apart.
    if (fd != -ENOSYS && fd != -EPERM && (fd != -EXDEV || names.empty())) return failed(-fd);
    if (fd == -ENOSYS) kernel_lacks_openat2 = true;
  }
  return Walk(root, path, names).run(flags);
}

std::vector<std::string_view> path_parts(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    std::size_t end = std::min(path.find('/'), path.size());
    std::string_view part = path.substr(0, end);
    if (!part.empty() && part != ".") parts.push_back(part);
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

std::string normal_path(std::string_view path) {
  bool absolute = path.starts_with('/');
  std::vector<std::string_view> kept;
  for (std::string_view part : path_parts(path)) {
    if (part != "..")
      kept.push_back(part);
    else if (!kept.empty() && kept.back() != "..")
      kept.pop_back();
    else if (!absolute)
      kept.push_back(part);
  }
  std::string out = absolute ? "/" : "";
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (i) out += '/';
    out += kept[i];
  }
  return out.empty() ? "." : out;
}

std::optional<std::string> below(std::string_view folder, std::string_view path) {
  if (path == folder) return ".";
  if (folder == "/" && path.starts_with('/')) return std::string(path.substr(1));
  if (path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/')
    return std::string(path.substr(folder.size() + 1));
  return std::nullopt;
}

}  // namespace servers
