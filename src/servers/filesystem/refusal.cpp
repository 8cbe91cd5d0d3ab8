#include "servers/filesystem/refusal.h"

#include <cerrno>
#include <cstring>

#include "servers/filesystem/text.h"

namespace servers {

namespace {

// The folders that a caller may use instead.
std::string allowed(const std::vector<std::unique_ptr<Root>>& roots) {
  constexpr std::size_t kMost = 4;
  std::string out;
  for (std::size_t i = 0; i < roots.size() && i < kMost; ++i) out += (i ? ", " : "") + roots[i]->path();
  if (roots.size() > kMost) out += ", … (list_allowed_directories names all)";
  return out;
}

}  // namespace

std::string in_quotes(std::string_view path) {
  constexpr std::size_t kMost = 300;
  std::string shown = visible(path.substr(0, std::min(path.size(), kMost)));
  return "'" + shown + (path.size() > kMost ? "…'" : "'");
}

Error outside(std::string_view path, const std::vector<std::unique_ptr<Root>>& roots) {
  return {Code::denied, in_quotes(path) + " is outside the allowed folders; use a path below " + allowed(roots)};
}

Error refusal(int number, std::string_view path, const std::vector<std::unique_ptr<Root>>& roots) {
  std::string name = in_quotes(path);
  switch (number) {
    case ENOENT: return {Code::not_found, name + " does not exist; list its folder to see what does"};
    case EXDEV:
      return {Code::denied, name + " leads outside the allowed folders by a symbolic link; use a path that stays below " + allowed(roots)};
    case ELOOP:
      return {Code::denied, name + " is, or passes, a symbolic link that is circular or cannot be followed; use the path it stands for"};
    case ENOTDIR: return {Code::not_found, name + ": a part of the path is a file, not a folder"};
    case EISDIR: return {Code::invalid_argument, name + " is a folder, not a file"};
    case EACCES:
    case EPERM:
    case EROFS: return {Code::denied, name + ": the operating system does not permit this to the user that the server runs as"};
    case ENXIO:
    case ENODEV: return {Code::denied, name + " is a device, pipe or socket; only regular files can be used"};
    case EEXIST:
    case ENOTEMPTY: return {Code::conflict, name + " exists already; choose another name"};
    case ENAMETOOLONG: return {Code::invalid_argument, name + ": a name in the path is too long for the file system"};
    case EINVAL:
    case EILSEQ: return {Code::invalid_argument, name + " is not a path that the file system accepts"};
    case ENOSPC:
    case EDQUOT: return {Code::unavailable, name + ": the disk is full"};
    case EFBIG: return {Code::too_large, name + " would be larger than the file system permits"};
    case EAGAIN:
    case EBUSY:
    case ETXTBSY: return {Code::conflict, name + " is being changed by somebody else; try again"};
    case EMFILE:
    case ENFILE:
    case ENOMEM: return {Code::unavailable, name + ": too many files are open; try again later"};
    default: return {Code::internal, name + ": " + std::strerror(number)};
  }
}

Error not_in_mode(std::string_view verb, std::string_view path, RootMode mode) {
  std::string what = "cannot " + std::string(verb) + " " + in_quotes(path) + ": its root is in mode " + std::string(mode_name(mode));
  if (mode == RootMode::append) what += ", which permits new files and additions, and no change to what is there";
  return {Code::denied, what + "; the operator sets the mode"};
}

}  // namespace servers
