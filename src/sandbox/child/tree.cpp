#include "sandbox/child/tree.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <utility>

namespace sandbox::child {
namespace {

// Where the new tree is put together. It exists on every machine, and what lies below it was taken before it is covered.
constexpr const char* kSite = "/tmp";

Error failed(const std::string& what) { return Error(Code::unavailable, what + ": " + std::strerror(errno)); }

int take_tree(const std::string& path) {
  return static_cast<int>(
      ::syscall(SYS_open_tree, AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | static_cast<unsigned>(AT_RECURSIVE)));
}

bool set_attributes(int fd, const char* path, unsigned flags, std::uint64_t set, std::uint64_t userns = 0) {
  mount_attr attributes{};
  attributes.attr_set = set;
  attributes.userns_fd = userns;
  return ::syscall(SYS_mount_setattr, fd, path, flags, &attributes, sizeof attributes) == 0;
}

std::uint64_t attributes_of(Mount::Access access) {
  switch (access) {
    case Mount::Access::read: return MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    case Mount::Access::write: return MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    case Mount::Access::device: return MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
  }
  return 0;
}

bool write_file(const std::string& path, std::string_view text, int flags, mode_t mode = 0644) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, mode);
  if (fd < 0) return false;
  const bool whole = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return whole;
}

// A user namespace that shows what belongs to `owner` and `group` as `outer`'s. -1 when there can be none.
int mapping(uid_t owner, gid_t group, std::uint32_t outer) {
  int wait[2];
  if (::pipe2(wait, O_CLOEXEC) != 0) return -1;
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (pid == 0) {
    ::close(wait[1]);
    char byte = 0;
    (void)!::read(wait[0], &byte, 1);
    ::_exit(0);
  }
  int out = -1;
  if (pid > 0) {
    const std::string process = "/proc/" + std::to_string(pid);
    auto line = [outer](std::uint32_t id) { return std::to_string(id) + " " + std::to_string(outer) + " 1\n"; };
    if (write_file(process + "/uid_map", line(owner), 0) && write_file(process + "/gid_map", line(group), 0))
      out = ::open((process + "/ns/user").c_str(), O_RDONLY | O_CLOEXEC);
  }
  ::close(wait[0]);
  ::close(wait[1]);
  if (pid > 0) ::waitpid(pid, nullptr, 0);
  return out;
}

bool of_the_system(const std::string& path) {
  for (std::string_view folder : {"/usr", "/etc", "/lib", "/bin", "/sbin", "/dev"})
    if (path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/' || folder == "/lib")) return true;
  return false;
}

// All folders on the way to `path`, which stands below kSite.
bool make_way(const std::string& path) {
  for (std::size_t at = path.find('/', std::strlen(kSite) + 1); at != path.npos; at = path.find('/', at + 1))
    if (::mkdir(path.substr(0, at).c_str(), 0755) != 0 && errno != EEXIST && errno != EROFS) return false;
  return true;
}

bool make_folder(const std::string& path) {
  return make_way(path) && (::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST || errno == EROFS);
}

// What is to be mounted needs something of its own kind to be mounted on.
bool make_place(int piece, const std::string& path) {
  struct stat what{};
  if (::fstatat(piece, "", &what, AT_EMPTY_PATH) != 0 || !make_way(path)) return false;
  if (S_ISDIR(what.st_mode)) return ::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST || errno == EROFS;
  struct stat there{};
  return ::lstat(path.c_str(), &there) == 0 || write_file(path, "", O_CREAT | O_EXCL);
}

bool mount_scratch(const std::string& path, std::uint64_t bytes, unsigned long flags, const char* mode) {
  const std::string options = std::string("mode=") + mode + ",size=" + std::to_string(bytes) + ",nr_inodes=65536";
  return ::mount("gatehouse", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | flags, options.c_str()) == 0;
}

Result<> make_devices(const std::string& dev) {
  // /dev/shm is scratch of the plan; the devices are mounts of it.
  for (auto [name, target] : {std::pair("fd", "/proc/self/fd"), std::pair("stdin", "/proc/self/fd/0"),
                              std::pair("stdout", "/proc/self/fd/1"), std::pair("stderr", "/proc/self/fd/2")})
    if (::symlink(target, (dev + "/" + name).c_str()) != 0 && errno != EEXIST) return failed("/dev");
  return {};
}

}  // namespace

Pieces::~Pieces() {
  for (int fd : taken_)
    if (fd >= 0) ::close(fd);
}

void Pieces::take_mapped(const Plan& plan) {
  taken_.assign(plan.mounts.size(), -1);
  std::map<std::pair<uid_t, gid_t>, int> mappings;
  for (std::size_t i = 0; i < plan.mounts.size(); ++i) {
    const Mount& mount = plan.mounts[i];
    struct stat what{};
    if (of_the_system(mount.from) || ::stat(mount.from.c_str(), &what) != 0) continue;
    auto [at, fresh] = mappings.try_emplace({what.st_uid, what.st_gid}, -1);
    if (fresh) at->second = mapping(what.st_uid, what.st_gid, plan.outer_id);
    if (at->second < 0) continue;
    const int piece = take_tree(mount.from);
    if (piece < 0) continue;
    const auto userns = static_cast<std::uint64_t>(at->second);
    // Not into what is mounted below it, which may be of a kind that cannot.
    if (set_attributes(piece, "", AT_EMPTY_PATH, MOUNT_ATTR_IDMAP, userns) &&
        set_attributes(piece, "", AT_EMPTY_PATH | static_cast<unsigned>(AT_RECURSIVE), attributes_of(mount.access)))
      taken_[i] = piece;
    else
      ::close(piece);
  }
  for (const auto& [owner, fd] : mappings)
    if (fd >= 0) ::close(fd);
}

Result<> Pieces::take(const Plan& plan) {
  taken_.resize(plan.mounts.size(), -1);
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return failed("cannot leave the machine's mounts");
  for (std::size_t i = 0; i < plan.mounts.size(); ++i) {
    if (taken_[i] >= 0) continue;
    const Mount& mount = plan.mounts[i];
    taken_[i] = take_tree(mount.from);
    if (taken_[i] < 0) return failed(mount.from);
    if (!set_attributes(taken_[i], "", AT_EMPTY_PATH | static_cast<unsigned>(AT_RECURSIVE), attributes_of(mount.access)))
      return failed(mount.from);
  }
  return {};
}

Result<> Pieces::make_root(const Plan& plan, std::string& no_proc) {
  const std::string site = kSite;
  if (!mount_scratch(site, 4 << 20, 0, "0755")) return failed("cannot make a tree");
  for (const Scratch& one : plan.scratch)
    if (!make_folder(site + one.path)) return failed(one.path);
  // What is mounted later covers what was made before, so the pieces come after the memory that they may stand in.
  for (const Scratch& one : plan.scratch) {
    const bool programs = one.programs == Scratch::Programs::allowed;
    if (!mount_scratch(site + one.path, one.bytes, programs ? 0 : MS_NOEXEC, "0700")) return failed(one.path);
  }
  for (std::size_t i = 0; i < plan.mounts.size(); ++i) {
    const std::string to = site + plan.mounts[i].to;
    if (!make_place(taken_[i], to)) return failed("no place for " + plan.mounts[i].to);
    if (::syscall(SYS_move_mount, taken_[i], "", AT_FDCWD, to.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) return failed(plan.mounts[i].to);
    ::close(std::exchange(taken_[i], -1));
  }
  for (const std::string& folder : plan.folders)
    if (!make_folder(site + folder)) return failed(folder);
  for (const Link& link : plan.links) {
    struct stat there{};
    if (::lstat((site + link.path).c_str(), &there) == 0) continue;
    if (!make_way(site + link.path) || ::symlink(link.target.c_str(), (site + link.path).c_str()) != 0) return failed(link.path);
  }
  for (const File& file : plan.files)
    if (!make_way(site + file.path) || !write_file(site + file.path, file.content, O_CREAT | O_EXCL)) return failed(file.path);
  if (!make_folder(site + "/dev") || !make_folder(site + "/proc")) return failed("/proc");
  if (auto made = make_devices(site + "/dev"); !made) return made;
  if (::mount("proc", (site + "/proc").c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) no_proc = std::strerror(errno);
  for (const std::string& path : plan.hidden) {
    struct stat what{};
    if (::lstat((site + path).c_str(), &what) != 0 || S_ISLNK(what.st_mode)) continue;
    const bool folder = S_ISDIR(what.st_mode);
    if (folder ? !mount_scratch(site + path, 4096, MS_RDONLY, "0000")
               : ::mount("/dev/null", (site + path).c_str(), nullptr, MS_BIND, nullptr) != 0)
      return failed("cannot hide " + path);
  }
  if (::chdir(kSite) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0) return failed("cannot change to the tree");
  // The old root lies over the new one now.
  if (::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0) return failed("cannot leave the machine's tree");
  if (!set_attributes(AT_FDCWD, "/", 0, MOUNT_ATTR_RDONLY)) return failed("cannot close the tree");
  return {};
}

}  // namespace sandbox::child
