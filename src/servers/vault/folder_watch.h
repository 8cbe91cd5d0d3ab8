// FolderWatch: learning from the kernel that files changed.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "mcp/result.h"
#include "servers/filesystem/beneath.h"

namespace servers {

// What may have changed, to be looked at. Paths are below the watched root; "" is the root itself.
struct Changes {
  std::set<std::string> files;
  std::set<std::string> folders;  // all that is below, too
  bool everything = false;        // the kernel lost count

  bool empty() const { return files.empty() && folders.empty() && !everything; }
};

// Watches folders, each one by itself.
// Owns: an inotify instance. Threads: one; wake() may be called from any.
class FolderWatch {
 public:
  // Errors: unavailable, when the machine gives no more instances; the caller then has to look by itself, from time to time.
  static mcp::Result<FolderWatch> open();

  // Watches the folder that `fd` is, known as `path`. False when the machine's limit is reached.
  bool add(int fd, const std::string& path);
  // Forgets `path` and all below it.
  void forget(const std::string& path);
  std::size_t size() const { return by_path_.size(); }

  // Waits for changes, and then until nothing has happened for `quiet`, but not longer than `most` after the first. Returns what came,
  // which is nothing after wake() or when `idle` has passed (negative: no limit).
  Changes wait(std::chrono::milliseconds idle, std::chrono::milliseconds quiet, std::chrono::milliseconds most);
  void wake();

  // Adds what the kernel's records in `bytes` say. What wait() does with what it read.
  void collect(std::string_view bytes, Changes& changes);

 private:
  Fd inotify_, wake_;
  std::map<int, std::string> by_id_;
  std::map<std::string, int> by_path_;
};

}  // namespace servers
