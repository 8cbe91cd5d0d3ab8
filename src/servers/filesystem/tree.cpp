#include "servers/filesystem/tree.h"

#include <dirent.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "servers/filesystem/refusal.h"

namespace servers {

namespace {

std::int64_t nanoseconds(const timespec& t) { return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec; }

Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return Kind::file;
  if (S_ISDIR(mode)) return Kind::folder;
  if (S_ISLNK(mode)) return Kind::link;
  return Kind::other;
}

Info info_of(const struct stat& st) {
  Info info;
  info.kind = kind_of(st.st_mode);
  info.size = static_cast<std::uint64_t>(st.st_size);
  info.modified_ns = nanoseconds(st.st_mtim);
  info.accessed_ns = nanoseconds(st.st_atim);
  info.permissions = st.st_mode & 07777;
  info.links = st.st_nlink;
  return info;
}

Result<std::unique_ptr<Root>> open_root(const RootOptions& options) {
  auto broken = [&](const char* why) { return Error(Code::invalid_argument, "root '" + options.path + "': " + why); };
  if (options.path.empty()) return broken("is empty; give the path of a folder");
  std::unique_ptr<char, decltype(&std::free)> real(realpath(options.path.c_str(), nullptr), &std::free);
  if (!real) return broken(std::strerror(errno));
  auto root = std::make_unique<Root>();
  root->mode = options.mode;
  root->fd = Fd(::open(real.get(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root->fd) return broken(errno == ENOTDIR ? "is not a folder" : std::strerror(errno));
  struct stat st{};
  if (fstat(root->fd.get(), &st) != 0) return broken(std::strerror(errno));
  root->device = st.st_dev;
  root->inode = st.st_ino;
  std::string given = options.path;
  if (!given.starts_with('/')) {
    std::unique_ptr<char, decltype(&std::free)> here(realpath(".", nullptr), &std::free);
    if (!here) return broken(std::strerror(errno));
    given = std::string(here.get()) + "/" + given;
  }
  root->names.push_back(normal_path(given));
  if (root->names.front() != real.get()) root->names.emplace_back(real.get());
  return root;
}

struct CloseFolder {
  void operator()(DIR* dir) const { closedir(dir); }
};

}  // namespace

std::string_view mode_name(RootMode mode) { return mode == RootMode::read ? "read" : mode == RootMode::append ? "append" : "write"; }

Result<RootMode> parse_root_mode(std::string_view name) {
  for (RootMode mode : {RootMode::read, RootMode::append, RootMode::write})
    if (mode_name(mode) == name) return mode;
  return Error(Code::invalid_argument, "unknown mode '" + std::string(name) + "'; use read, append or write");
}

std::string Place::full() const {
  if (rest == ".") return root->path();
  return root->path() == "/" ? "/" + rest : root->path() + "/" + rest;
}

Result<Tree> Tree::open(const std::vector<RootOptions>& roots, TreeLimits limits) {
  if (roots.empty()) return Error(Code::invalid_argument, "no roots: name at least one folder");
  Tree tree(limits);
  for (const RootOptions& options : roots) {
    auto root = open_root(options);
    if (!root) return std::move(root).error();
    for (const auto& other : tree.roots_)
      if (other->device == (*root)->device && other->inode == (*root)->inode)
        return Error(Code::invalid_argument, "root '" + options.path + "' is the same folder as '" + other->path() + "'");
    tree.roots_.push_back(*std::move(root));
  }
  return tree;
}

RootMode Tree::mode() const {
  RootMode most = RootMode::read;
  for (const auto& root : roots_) most = std::max(most, root->mode);
  return most;
}

Opened Tree::open_at(const Root& root, std::string_view rest, int flags) const {
  return open_beneath(root.fd.get(), rest, flags, root.names, limits_.resolver);
}

Result<Place> Tree::place(std::string_view path) const {
  if (path.empty()) return Error(Code::invalid_argument, "the path is empty; use \".\" for the root folder");
  if (path.find('\0') != std::string_view::npos) return Error(Code::invalid_argument, "a path cannot contain a NUL character");
  if (path.size() >= PATH_MAX) return Error(Code::invalid_argument, "the path is longer than 4095 bytes");
  std::string normal = normal_path(path);
  Place best{nullptr, "", std::string(path)};
  if (normal.starts_with('/')) {
    std::size_t longest = 0;
    for (const auto& root : roots_)
      for (const std::string& name : root->names)
        if (auto rest = below(name, normal); rest && name.size() >= longest) {
          longest = name.size();
          best.root = root.get();
          best.rest = *std::move(rest);
        }
    if (!best.root) return outside(path, roots_);
    return best;
  }
  if (normal == ".." || normal.starts_with("../")) return outside(path, roots_);
  best.root = roots_.front().get();
  best.rest = normal;
  if (roots_.size() > 1) {
    std::size_t slash = normal.rfind('/');
    for (const std::string& wanted : {normal, slash == std::string::npos ? std::string(".") : normal.substr(0, slash)})
      for (const auto& root : roots_)
        if (open_at(*root, wanted, O_PATH)) {
          best.root = root.get();
          // The same path may be named more closely by a root that lies below this one.
          auto closer = place(best.full());
          if (!closer) return closer;
          closer->given = path;
          return closer;
        }
  }
  return best;
}

Result<> Tree::check_regular(const struct stat& st, std::string_view path) const {
  if (S_ISDIR(st.st_mode)) return Error(Code::invalid_argument, in_quotes(path) + " is a folder, not a file; list it instead");
  if (!S_ISREG(st.st_mode)) return Error(Code::denied, in_quotes(path) + " is a device, pipe or socket; only regular files can be used");
  if (st.st_nlink > 1 && limits_.hard_links == HardLinks::refuse)
    return Error(Code::denied, in_quotes(path) +
                                   " has several names (hard links), and another one may lie outside the allowed "
                                   "folders; copy it, or let the operator allow hard links");
  return {};
}

Result<std::pair<Fd, Info>> Tree::open_file(std::string_view path) const {
  auto at = place(path);
  if (!at) return std::move(at).error();
  // O_NONBLOCK: a pipe without a writer must not hold the thread until fstat has told what it is.
  Opened opened = open_at(*at->root, at->rest, O_RDONLY | O_NONBLOCK);
  if (!opened) return refusal(opened.error, path, roots_);
  struct stat st{};
  if (fstat(opened.fd.get(), &st) != 0) return refusal(errno, path, roots_);
  if (auto fine = check_regular(st, path); !fine) return std::move(fine).error();
  return std::pair{std::move(opened.fd), info_of(st)};
}

Result<Info> Tree::info(std::string_view path) const {
  auto at = place(path);
  if (!at) return std::move(at).error();
  Opened opened = open_at(*at->root, at->rest, O_PATH);
  if (!opened) return refusal(opened.error, path, roots_);
  struct statx st{};
  if (statx(opened.fd.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) != 0) return refusal(errno, path, roots_);
  auto ns = [](const statx_timestamp& t) { return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec; };
  Info info;
  info.kind = kind_of(st.stx_mode);
  info.size = st.stx_size;
  info.modified_ns = ns(st.stx_mtime);
  info.accessed_ns = ns(st.stx_atime);
  if (st.stx_mask & STATX_BTIME) info.created_ns = ns(st.stx_btime);
  info.permissions = st.stx_mode & 07777;
  info.links = st.stx_nlink;
  info.inode = st.stx_ino;
  return info;
}

Result<std::vector<Entry>> Tree::list(std::string_view path, With with) const {
  auto at = place(path);
  if (!at) return std::move(at).error();
  Opened opened = open_at(*at->root, at->rest, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
  if (opened.error == ENOTDIR && open_at(*at->root, at->rest, O_PATH))
    return Error(Code::invalid_argument, in_quotes(path) + " is a file, not a folder");
  if (!opened) return refusal(opened.error, path, roots_);
  int own = fcntl(opened.fd.get(), F_DUPFD_CLOEXEC, 0);  // fdopendir takes it over
  if (own < 0) return refusal(errno, path, roots_);
  std::unique_ptr<DIR, CloseFolder> dir(fdopendir(own));
  if (!dir) {
    int error = errno;
    ::close(own);
    return refusal(error, path, roots_);
  }
  std::vector<Entry> entries;
  for (;;) {
    errno = 0;
    dirent* one = readdir(dir.get());
    if (!one) break;
    std::string_view name = one->d_name;
    if (name == "." || name == "..") continue;
    if (entries.size() >= limits_.visited)
      return Error(Code::too_large, in_quotes(path) + " holds more than " + std::to_string(limits_.visited) + " entries");
    Entry entry{std::string(name)};
    if (one->d_type != DT_UNKNOWN) entry.kind = kind_of(static_cast<mode_t>(DTTOIF(one->d_type)));
    if (with == With::sizes || one->d_type == DT_UNKNOWN) {
      struct stat st{};
      if (fstatat(opened.fd.get(), one->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) continue;  // went away meanwhile
      entry.kind = kind_of(st.st_mode);
      entry.modified_ns = nanoseconds(st.st_mtim);
      if (entry.kind == Kind::file) entry.size = static_cast<std::uint64_t>(st.st_size);
      entry.inode = st.st_ino;
    }
    entries.push_back(std::move(entry));
  }
  if (errno != 0) return refusal(errno, path, roots_);
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

Result<> Tree::walk(std::string_view path, With with, std::stop_token stop, const std::function<Onward(const Visit&)>& visit) const {
  auto at = place(path);
  if (!at) return std::move(at).error();
  struct Level {
    std::string path;  // below the start, empty for the start itself
    std::vector<Entry> entries;
    std::size_t next = 0;
  };
  auto first = list(path, with);
  if (!first) return std::move(first).error();
  std::vector<Level> open;
  open.push_back({"", *std::move(first), 0});
  std::string base = at->full();
  std::size_t seen = 0;
  while (!open.empty()) {
    Level& level = open.back();
    if (level.next == level.entries.size()) {
      open.pop_back();
      continue;
    }
    if (stop.stop_requested()) return Error(Code::cancelled, "the caller gave up");
    if (++seen > limits_.visited)
      return Error(Code::too_large, in_quotes(path) + " holds more than " + std::to_string(limits_.visited) +
                                        " entries below it; choose a folder further down");
    const Entry& entry = level.entries[level.next++];
    std::string here = level.path.empty() ? entry.name : level.path + "/" + entry.name;
    Onward onward = visit({here, entry});
    if (onward == Onward::stop) return {};
    if (onward != Onward::enter || entry.kind != Kind::folder || open.size() >= static_cast<std::size_t>(limits_.depth)) continue;
    auto inner = list(base == "/" ? "/" + here : base + "/" + here, with);
    if (inner) open.push_back({std::move(here), *std::move(inner), 0});
  }
  return {};
}

}  // namespace servers
