#include "trust/launch/ground.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string_view>

namespace trust {
namespace {

constexpr std::array<std::string_view, 4> kShared{"/tmp", "/var/tmp", "/dev/shm", "/private/tmp"};

}  // namespace

std::string_view shared_folder_of(std::string_view path) {
  for (std::string_view folder : kShared)
    if (path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/')) return folder;
  return {};
}

bool FileGround::is_own(const std::string& path) const {
  std::error_code failed;
  // Where links lead is what counts.
  const std::string real = std::filesystem::weakly_canonical(path, failed).string();
  if (failed) return false;
  const std::string_view shared = shared_folder_of(real);
  if (shared.empty()) return true;
  if (real.size() <= shared.size() + 1) return false;
  // The sticky bit keeps others from replacing what stands directly in the folder; below it, that entry's own permissions do.
  const std::string entry = real.substr(0, real.find('/', shared.size() + 1));
  struct stat is{};
  if (::lstat(entry.c_str(), &is) != 0) return false;
  const bool mine = is.st_uid == ::geteuid() || is.st_uid == 0;
  return mine && (is.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

}  // namespace trust
