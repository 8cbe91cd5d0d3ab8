// Opening files beneath a directory, and nowhere else.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace servers {

// An open file descriptor. Owns it.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// The outcome of an attempt to open: a descriptor, or the errno.
// EXDEV means that the path, or a symbolic link on it, leads outside; ELOOP a circle of links or a link that is no path.
struct Opened {
  Fd fd;
  int error = 0;
  explicit operator bool() const { return error == 0; }
};

// How a path is resolved.
enum class Resolver {
  kernel,  // openat2 with RESOLVE_BENEATH; where the kernel has none, by components
  walk,    // component by component, each opened without following links
};

// Opens `path` beneath the directory `root`; never anything outside, whatever links and `..` the path meets on its way and whoever
// changes the tree meanwhile. Links that stay inside are followed, but for the last one when `flags` has O_NOFOLLOW. An absolute link
// counts as leaving, unless it goes below one of `names`, the absolute paths that the root is known by: it is then followed from the
// root on. O_CLOEXEC and O_NOCTTY are added to `flags`; creating files is not what this is for.
// `path` is relative; empty and "." mean the root itself.
Opened open_beneath(int root, std::string_view path, int flags, std::span<const std::string> names = {},
                    Resolver resolver = Resolver::kernel);

// The parts of `path` between slashes, without empty ones and ".".
std::vector<std::string_view> path_parts(std::string_view path);

// `path` with ".", ".." and doubled slashes taken out, by its letters alone. A relative path that climbs above its start keeps its
// leading ".."; an absolute one stops at "/". Empty becomes ".".
std::string normal_path(std::string_view path);

// The rest of `path` below `folder`, both normal and absolute. "/ab" is not below "/a"; "/a" itself is, with the rest ".".
std::optional<std::string> below(std::string_view folder, std::string_view path);

}  // namespace servers
