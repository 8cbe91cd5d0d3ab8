#include "app/file_watch.h"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace app {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_ONLYDIR;

// The folders whose entries decide what `file` is: its own, and that of each link on the way.
void add_folders(const std::string& file, std::set<std::string>& folders) {
  fs::path at = file;
  for (int links = 0; links < 8; ++links) {
    std::error_code ec;
    folders.insert(at.parent_path().empty() ? "." : at.parent_path().string());
    fs::path to = fs::read_symlink(at, ec);
    if (ec) break;
    at = to.is_absolute() ? to : at.parent_path() / to;
  }
  std::error_code ec;
  fs::path real = fs::canonical(file, ec);
  if (!ec) folders.insert(real.parent_path().string());
}

}  // namespace

FileWatch::FileWatch(base::Loop& loop, std::function<void()> changed) : queue_(loop.executor()), changed_(std::move(changed)) {
  int queue = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (queue < 0) return;
  queue_.assign(queue);
  read();
}

FileWatch::~FileWatch() {
  base::ErrorCode ignored;
  queue_.close(ignored);
}

void FileWatch::read() {
  queue_.async_read_some(boost::asio::buffer(buffer_), [this, alive = std::weak_ptr<int>(alive_)](base::ErrorCode error, std::size_t) {
    if (error || alive.expired()) return;
    changed_();
    if (!alive.expired()) read();
  });
}

bool FileWatch::watch(const std::vector<std::string>& files) {
  if (!queue_.is_open()) return false;
  std::set<std::string> folders;
  for (const std::string& file : files) add_folders(file, folders);
  std::vector<int> now;
  bool all = true;
  for (const std::string& folder : folders) {
    int watch = ::inotify_add_watch(queue_.native_handle(), folder.c_str(), kEvents);
    if (watch < 0)
      all = false;
    else
      now.push_back(watch);
  }
  // A folder that is watched already keeps its number.
  for (int old : watches_)
    if (std::find(now.begin(), now.end(), old) == now.end()) (void)::inotify_rm_watch(queue_.native_handle(), old);
  watches_ = std::move(now);
  return all;
}

std::string state_of(const std::vector<std::string>& files) {
  std::string out;
  for (const std::string& file : files) {
    struct stat info{};
    if (::stat(file.c_str(), &info) != 0)
      out += "none\n";
    else
      out += fmt::format("{} {} {} {}.{} {}.{}\n", info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                         info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
  }
  return out;
}

}  // namespace app
