#include "servers/vault/folder_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>

namespace servers {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kMask = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_MODIFY | IN_DELETE_SELF |
                                IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;

}  // namespace

mcp::Result<FolderWatch> FolderWatch::open() {
  FolderWatch watch;
  watch.inotify_ = Fd(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!watch.inotify_) return mcp::Error(mcp::Code::unavailable, std::string("no change notifications: ") + std::strerror(errno));
  watch.wake_ = Fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!watch.wake_) return mcp::Error(mcp::Code::unavailable, std::string("no change notifications: ") + std::strerror(errno));
  return watch;
}

bool FolderWatch::add(int fd, const std::string& path) {
  // By the descriptor: the path may have become another folder meanwhile.
  std::string name = "/proc/self/fd/" + std::to_string(fd);
  int id = inotify_add_watch(inotify_.get(), name.c_str(), kMask);
  if (id < 0) return errno != ENOSPC && errno != ENOMEM;
  // The same folder under a new name keeps its id.
  if (auto old = by_id_.find(id); old != by_id_.end() && old->second != path) by_path_.erase(old->second);
  by_id_[id] = path;
  by_path_[path] = id;
  return true;
}

void FolderWatch::forget(const std::string& path) {
  std::string prefix = path.empty() ? "" : path + "/";
  auto at = by_path_.lower_bound(path);
  while (at != by_path_.end() && (at->first == path || at->first.starts_with(path))) {
    if (at->first != path && !at->first.starts_with(prefix)) {
      ++at;
      continue;
    }
    inotify_rm_watch(inotify_.get(), at->second);
    by_id_.erase(at->second);
    at = by_path_.erase(at);
  }
}

void FolderWatch::wake() {
  std::uint64_t one = 1;
  [[maybe_unused]] ssize_t n = ::write(wake_.get(), &one, sizeof one);
}

void FolderWatch::collect(std::string_view bytes, Changes& changes) {
  while (bytes.size() >= sizeof(inotify_event)) {
    inotify_event event;
    std::memcpy(&event, bytes.data(), sizeof event);
    std::size_t size = std::min(sizeof event + event.len, bytes.size());
    std::string_view name(bytes.data() + sizeof event, size - sizeof event);
    name = name.substr(0, name.find('\0'));
    bytes.remove_prefix(size);
    if (event.mask & IN_Q_OVERFLOW) {
      changes.everything = true;
      continue;
    }
    auto folder = by_id_.find(event.wd);
    if (folder == by_id_.end()) continue;  // forgotten meanwhile
    if (event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) {
      changes.folders.insert(folder->second);
    } else if (event.mask & IN_IGNORED) {
      auto path = by_path_.find(folder->second);
      if (path != by_path_.end() && path->second == event.wd) by_path_.erase(path);
      by_id_.erase(folder);
    } else if (!name.empty()) {
      std::string path = folder->second.empty() ? std::string(name) : folder->second + "/" + std::string(name);
      (event.mask & IN_ISDIR ? changes.folders : changes.files).insert(std::move(path));
    }
  }
}

Changes FolderWatch::wait(milliseconds idle, milliseconds quiet, milliseconds most) {
  Changes changes;
  std::optional<Clock::time_point> first;
  alignas(inotify_event) std::array<char, 64 << 10> buffer;
  for (;;) {
    milliseconds timeout = idle;
    if (first) {
      auto left = std::chrono::duration_cast<milliseconds>(*first + most - Clock::now());
      timeout = std::max(milliseconds(0), std::min(quiet, left));
    }
    std::array<pollfd, 2> polled = {{{inotify_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
    int ready = poll(polled.data(), polled.size(), static_cast<int>(timeout.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return changes;
    if (polled[1].revents) {
      std::uint64_t count = 0;
      [[maybe_unused]] ssize_t n = ::read(wake_.get(), &count, sizeof count);
      return changes;
    }
    ssize_t n = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (n > 0) collect({buffer.data(), static_cast<std::size_t>(n)}, changes);
    if (!first && !changes.empty()) first = Clock::now();
    if (first && Clock::now() >= *first + most) return changes;
  }
}

}  // namespace servers
