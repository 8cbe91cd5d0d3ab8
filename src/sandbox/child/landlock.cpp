#include "sandbox/child/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sandbox::child {
namespace {

// Landlock's newer parts, which the headers of Debian 12 do not know.
struct Ruleset {
  std::uint64_t files, ports, scopes;
};
constexpr std::uint64_t kRefer = 1ULL << 13, kTruncate = 1ULL << 14, kDeviceControl = 1ULL << 15;
constexpr std::uint64_t kLook = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kRun = LANDLOCK_ACCESS_FS_EXECUTE;
// What a rule for a single file may speak of.
constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kRun | kTruncate | kDeviceControl;

std::uint64_t all_of(int version) {
  std::uint64_t files = (1ULL << 13) - 1;
  if (version >= 2) files |= kRefer;
  if (version >= 3) files |= kTruncate;
  if (version >= 5) files |= kDeviceControl;
  return files;
}

bool allow(int ruleset, const std::string& path, std::uint64_t access) {
  const int fd = ::open(path.c_str(), O_PATH | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT || errno == EACCES;
  struct stat what{};
  landlock_path_beneath_attr rule{};
  rule.allowed_access = access;
  if (::fstat(fd, &what) == 0 && !S_ISDIR(what.st_mode)) rule.allowed_access &= kOfFiles;
  rule.parent_fd = fd;
  const bool held = ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
  ::close(fd);
  return held;
}

}  // namespace

int landlock_version() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 1 ? 0 : static_cast<int>(version);
}

Result<> keep_to(const Ground& ground, Tcp tcp) {
  const int version = landlock_version();
  if (version == 0) return Error(Code::unavailable, "this kernel has none, or it is off");
  const std::uint64_t all = all_of(version);
  const Ruleset rules{all, version >= 4 && tcp == Tcp::closed ? 3ULL : 0, version >= 6 ? 3ULL : 0};
  const std::size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  const auto ruleset = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, size, 0));
  if (ruleset < 0) return Error(Code::unavailable, std::strerror(errno));
  bool held = true;
  for (const std::string& path : ground.read) held = held && allow(ruleset, path, kLook | kRun);
  // Device nodes are never made, and scratch that must not be run is mounted so.
  const std::uint64_t write = all & ~(LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK | kDeviceControl);
  for (const std::string& path : ground.write) held = held && allow(ruleset, path, write);
  const std::uint64_t device = (kLook | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate | kDeviceControl) & all;
  for (const std::string& path : ground.devices) held = held && allow(ruleset, path, device);
  held = held && ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  const int why = errno;
  ::close(ruleset);
  if (held) return {};
  return Error(Code::unavailable, std::strerror(why));
}

}  // namespace sandbox::child
