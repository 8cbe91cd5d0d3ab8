// Changing the tree: every change names a folder by descriptor and one name in it.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>

#include "servers/filesystem/refusal.h"
#include "servers/filesystem/text.h"
#include "servers/filesystem/tree.h"

namespace servers {

namespace {

constexpr int kMostLinks = 40;

// 0, or the errno.
int write_all(const Fd& fd, std::string_view content) {
  while (!content.empty()) {
    ssize_t n = ::write(fd.get(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

std::string temporary_name() {
  std::array<unsigned char, 8> random;
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) random.fill(0x5a);
  std::string name = ".gatehouse-";
  static constexpr char kHex[] = "0123456789abcdef";
  for (unsigned char byte : random) {
    name += kHex[byte >> 4];
    name += kHex[byte & 15];
  }
  return name + ".tmp";
}

// Renames within the descriptors, never over something that exists. 0, or the errno.
int rename_new(int from, const std::string& name, int to, const std::string& new_name) {
  if (syscall(SYS_renameat2, from, name.c_str(), to, new_name.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // The file system cannot promise it; look first.
  struct stat st{};
  if (fstatat(to, new_name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0) return EEXIST;
  return renameat(from, name.c_str(), to, new_name.c_str()) == 0 ? 0 : errno;
}

// A file that is gone again unless it was kept.
struct Temporary {
  int folder;
  std::string name;
  bool kept = false;
  ~Temporary() {
    if (!kept) unlinkat(folder, name.c_str(), 0);
  }
};

bool same(const struct stat& st, const Root& root) { return st.st_dev == root.device && st.st_ino == root.inode; }

// Calls `meet` with `folder` and every folder above it, up to the top of the file system, until it says true.
template <class F>
bool climb(int folder, F meet) {
  struct stat st{};
  if (fstat(folder, &st) != 0) return false;
  Fd here;
  for (int i = 0; i < PATH_MAX / 2; ++i) {
    if (meet(st)) return true;
    Fd up(openat(here ? here.get() : folder, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct stat above{};
    if (!up || fstat(up.get(), &above) != 0) return false;
    if (above.st_dev == st.st_dev && above.st_ino == st.st_ino) return false;
    st = above;
    here = std::move(up);
  }
  return false;
}

}  // namespace

// Roots may lie in each other, and a link may lead from one into another: what counts is the nearest root above the real folder.
RootMode Tree::governing_mode(const Root& root, int folder) const {
  if (roots_.size() == 1) return root.mode;
  RootMode mode = RootMode::read;
  climb(folder, [&](const struct stat& st) {
    for (const auto& one : roots_)
      if (same(st, *one)) {
        mode = one->mode;
        return true;
      }
    return false;
  });
  return std::min(mode, root.mode);
}

bool Tree::holds_root(int folder) const {
  struct stat wanted{};
  if (fstat(folder, &wanted) != 0) return true;
  for (const auto& root : roots_)
    if (climb(root->fd.get(), [&](const struct stat& st) { return st.st_dev == wanted.st_dev && st.st_ino == wanted.st_ino; })) return true;
  return false;
}

Result<Tree::Spot> Tree::locate(const Place& place, Last last) const {
  const Root* root = place.root;
  std::string rest = place.rest;
  for (int i = 0; i < kMostLinks; ++i) {
    if (rest == ".")
      return Error(Code::denied, in_quotes(place.given) + " is an allowed folder itself, which cannot be changed or replaced");
    std::size_t slash = rest.rfind('/');
    std::string above = slash == std::string::npos ? "." : rest.substr(0, slash);
    Spot spot;
    spot.name = slash == std::string::npos ? rest : rest.substr(slash + 1);
    if (spot.name.empty() || spot.name == "." || spot.name == "..")
      return Error(Code::invalid_argument, in_quotes(place.given) + " does not name a file");
    Opened folder = open_at(*root, above, O_RDONLY | O_DIRECTORY);
    if (folder.error == ENOENT)
      return Error(Code::not_found, "the folder of " + in_quotes(place.given) + " does not exist; create it first");
    if (!folder) return refusal(folder.error, place.given, roots_);
    spot.folder = std::move(folder.fd);
    spot.mode = governing_mode(*root, spot.folder.get());
    if (last == Last::keep) return spot;
    std::array<char, PATH_MAX> target;
    ssize_t n = readlinkat(spot.folder.get(), spot.name.c_str(), target.data(), target.size());
    if (n < 0) return spot;  // no link, or nothing there
    if (static_cast<std::size_t>(n) == target.size()) return refusal(ENAMETOOLONG, place.given, roots_);
    std::string to(target.data(), static_cast<std::size_t>(n));
    if (to.starts_with('/')) {
      // As when reading: only into the same root.
      auto inside = this->place(to);
      if (!inside || inside->root != root) return refusal(EXDEV, place.given, roots_);
      rest = inside->rest;
    } else {
      while (to.ends_with('/')) to.pop_back();
      // Not made normal: behind a linked folder, `..` is what the disk says it is.
      if (above != ".") to.insert(0, above + "/");
      rest = std::move(to);
    }
  }
  return refusal(ELOOP, place.given, roots_);
}

Result<> Tree::replace(const Spot& spot, std::string_view path, std::string_view content, const struct stat* old) const {
  Temporary temporary{spot.folder.get(), temporary_name()};
  Fd fd(openat(temporary.folder, temporary.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, old ? 0600 : 0666));
  if (!fd) {
    temporary.kept = true;
    return refusal(errno, path, roots_);
  }
  int error = write_all(fd, content);
  if (!error && old) {
    // The owner first: changing it clears some of the permissions. It may be forbidden, and then the file is the server's.
    if ((old->st_uid != geteuid() || old->st_gid != getegid()) && fchown(fd.get(), old->st_uid, old->st_gid) != 0) errno = 0;
    if (fchmod(fd.get(), old->st_mode & 0777) != 0) error = errno;
  }
  if (!error && fsync(fd.get()) != 0) error = errno;
  if (error) return refusal(error, path, roots_);
  if (old)
    error = renameat(temporary.folder, temporary.name.c_str(), temporary.folder, spot.name.c_str()) == 0 ? 0 : errno;
  else
    error = rename_new(temporary.folder, temporary.name, temporary.folder, spot.name);
  if (error) return refusal(error, path, roots_);
  temporary.kept = true;
  fsync(spot.folder.get());
  return {};
}

namespace {

Result<> check_size(std::string_view content, std::size_t most) {
  if (content.size() <= most) return {};
  return Error(Code::too_large, "the content has " + size_text(content.size()) + ", and the limit is " + size_text(most));
}

}  // namespace

Result<> Tree::write(std::string_view path, std::string_view content) const {
  if (auto fine = check_size(content, limits_.read); !fine) return fine;
  auto at = place(path);
  if (!at) return std::move(at).error();
  auto spot = locate(*at, Last::follow);
  if (!spot) return std::move(spot).error();
  if (spot->mode == RootMode::read) return not_in_mode("write", path, spot->mode);
  struct stat st{};
  bool there = fstatat(spot->folder.get(), spot->name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0;
  if (!there && errno != ENOENT) return refusal(errno, path, roots_);
  if (!there) return replace(*spot, path, content, nullptr);
  if (spot->mode != RootMode::write) return not_in_mode("replace", path, spot->mode);
  if (auto fine = check_regular(st, path); !fine) return fine;
  return replace(*spot, path, content, &st);
}

Result<> Tree::create(std::string_view path, std::string_view content) const {
  if (auto fine = check_size(content, limits_.read); !fine) return fine;
  auto at = place(path);
  if (!at) return std::move(at).error();
  auto spot = locate(*at, Last::keep);
  if (!spot) return std::move(spot).error();
  if (spot->mode == RootMode::read) return not_in_mode("create", path, spot->mode);
  return replace(*spot, path, content, nullptr);
}

Result<> Tree::append(std::string_view path, std::string_view content) const {
  auto at = place(path);
  if (!at) return std::move(at).error();
  auto spot = locate(*at, Last::follow);
  if (!spot) return std::move(spot).error();
  if (spot->mode == RootMode::read) return not_in_mode("append to", path, spot->mode);
  Fd fd(openat(spot->folder.get(), spot->name.c_str(), O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return write(path, content);
  if (!fd) return refusal(errno, path, roots_);
  struct stat st{};
  if (fstat(fd.get(), &st) != 0) return refusal(errno, path, roots_);
  if (auto fine = check_regular(st, path); !fine) return fine;
  if (static_cast<std::size_t>(st.st_size) + content.size() > limits_.read)
    return Error(Code::too_large, in_quotes(path) + " would grow beyond the limit of " + size_text(limits_.read) + "; begin a new file");
  if (int error = write_all(fd, content)) return refusal(error, path, roots_);
  if (fsync(fd.get()) != 0) return refusal(errno, path, roots_);
  return {};
}

Result<bool> Tree::make_folder(std::string_view path) const {
  auto at = place(path);
  if (!at) return std::move(at).error();
  if (Opened there = open_at(*at->root, at->rest, O_PATH)) {
    struct stat st{};
    if (fstat(there.fd.get(), &st) != 0) return refusal(errno, path, roots_);
    if (!S_ISDIR(st.st_mode)) return Error(Code::conflict, in_quotes(path) + " exists already and is no folder");
    return false;
  } else if (there.error != ENOENT) {
    return refusal(there.error, path, roots_);
  }
  std::string so_far;
  for (std::string_view part : path_parts(at->rest)) {
    Place step{at->root, so_far.empty() ? std::string(part) : so_far + "/" + std::string(part), std::string(path)};
    so_far = step.rest;
    if (open_at(*step.root, step.rest, O_PATH | O_DIRECTORY)) continue;
    auto spot = locate(step, Last::keep);
    if (!spot) return std::move(spot).error();
    if (spot->mode == RootMode::read) return not_in_mode("create", path, spot->mode);
    // A name that is there and is no folder, and a link to nowhere, end here with EEXIST.
    if (mkdirat(spot->folder.get(), spot->name.c_str(), 0777) != 0 &&
        (errno != EEXIST || !open_at(*step.root, step.rest, O_PATH | O_DIRECTORY)))
      return refusal(errno == EEXIST ? ENOTDIR : errno, path, roots_);
  }
  return true;
}

Result<> Tree::move(std::string_view from, std::string_view to) const {
  auto from_place = place(from);
  if (!from_place) return std::move(from_place).error();
  auto to_place = place(to);
  if (!to_place) return std::move(to_place).error();
  auto source = locate(*from_place, Last::keep);
  if (!source) return std::move(source).error();
  auto target = locate(*to_place, Last::keep);
  if (!target) return std::move(target).error();
  if (source->mode != RootMode::write) return not_in_mode("move", from, source->mode);
  if (target->mode != RootMode::write) return not_in_mode("move something to", to, target->mode);
  struct stat st{};
  if (fstatat(source->folder.get(), source->name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) return refusal(errno, from, roots_);
  if (S_ISDIR(st.st_mode)) {
    Fd folder(openat(source->folder.get(), source->name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) return refusal(errno, from, roots_);
    if (holds_root(folder.get())) return Error(Code::denied, in_quotes(from) + " holds an allowed folder and cannot be moved");
  } else if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) {
    return Error(Code::denied, in_quotes(from) + " is a device, pipe or socket; only files and folders can be moved");
  }
  int error = rename_new(source->folder.get(), source->name, target->folder.get(), target->name);
  if (error == EXDEV)
    return Error(Code::invalid_argument, in_quotes(to) + " is on another file system; read the file and write it there instead");
  if (error == EINVAL) return Error(Code::invalid_argument, in_quotes(from) + " cannot be moved into itself");
  if (error == EEXIST || error == ENOTEMPTY) return refusal(EEXIST, to, roots_);
  if (error) return refusal(error, from, roots_);
  fsync(source->folder.get());
  fsync(target->folder.get());
  return {};
}

}  // namespace servers
