// Hears when files change, however an editor or a deployment writes them.
#pragma once

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <string>
#include <vector>

#include "base/loop.h"

namespace app {

// Watches the folders that files lie in, as a file that is replaced is another one; also those that symbolic links lead to.
// Threads: the loop's; destroy it on the loop's thread or after the loop has stopped.
class FileWatch {
 public:
  // `changed` is called on the loop when something happened in a watched folder: often, and also when none of the files changed.
  FileWatch(base::Loop& loop, std::function<void()> changed);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // From now on these files' folders, in place of the earlier ones. False when the system does not watch (too many watches): then
  // changes are not heard of. Looks at the disk, for microseconds.
  bool watch(const std::vector<std::string>& files);

 private:
  void read();

  boost::asio::posix::basic_stream_descriptor<base::Executor> queue_;
  std::function<void()> changed_;
  std::vector<int> watches_;
  alignas(8) std::array<char, 4096> buffer_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

// What tells one state of these files from another: which file it is, its size and times. Blocks on the disk.
std::string state_of(const std::vector<std::string>& files);

}  // namespace app
