#include "sdk/handle_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>

#include "base/json.h"

namespace sdk {

using mcp::Code;
using mcp::Error;
using mcp::Json;
using mcp::JsonWriter;
using mcp::KeptHandle;
using mcp::Result;

namespace {

constexpr std::string_view kFirstLine = "mcp handles 1\n";
// A file is made small again when more than this of it is of no use any more, and that is more than what is.
constexpr std::size_t kWorthCleaning = 1UL << 20;
// A file larger than this is not read into memory.
constexpr off_t kMostFile = 4L << 30;

bool is_key(std::string_view text) { return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

Error failed(const std::string& path, const char* what) {
  return Error(Code::internal, path + " cannot be " + what + ": " + std::strerror(errno), "internal error");
}

Result<> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(path, "written");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

// Owns: the file, and the lock beside it, until it is destroyed.
class HandleFile final : public mcp::HandleStore {
 public:
  HandleFile(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  ~HandleFile() override {
    if (fd_ >= 0) ::close(fd_);
    ::close(lock_);
  }

  Result<> open() {
    if (auto read = read_file(); !read) return read;
    return rewrite();
  }

  std::vector<KeptHandle> load() override {
    std::vector<KeptHandle> out;
    out.reserve(lines_.size());
    for (const auto& [key, line] : lines_)
      if (auto one = read_handle_line(line)) out.push_back(std::move(one->kept));
    return out;
  }

  Result<> put(const KeptHandle& kept) override {
    std::string line = handle_line(kept);
    if (auto done = append(line); !done) return done;
    auto& slot = lines_[kept.key];
    used_ += line.size() - slot.size();
    slot = std::move(line);
    return clean();
  }

  Result<> erase(const std::string& key) override {
    auto at = lines_.find(key);
    if (at == lines_.end()) return {};
    if (auto done = append(erased_line(key)); !done) return done;
    used_ -= at->second.size();
    lines_.erase(at);
    return clean();
  }

 private:
  Result<> append(std::string_view line) {
    if (auto done = write_all(fd_, line, path_); !done) {
      // What may stand there half must not run into the next line.
      (void)::ftruncate(fd_, static_cast<off_t>(size_));
      return done;
    }
    if (::fdatasync(fd_) != 0) return failed(path_, "written");
    size_ += line.size();
    return {};
  }

  Result<> clean() { return size_ > 2 * used_ + kWorthCleaning ? rewrite() : Result<>(); }

  Result<> read_file() {
    int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? Result<>() : failed(path_, "read");
    struct stat info = {};
    std::string text;
    bool good = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= kMostFile;
    char block[65536];
    for (ssize_t n = 1; good && n > 0;) {
      n = ::read(fd, block, sizeof block);
      good = n >= 0;
      if (n > 0) text.append(block, static_cast<std::size_t>(n));
    }
    ::close(fd);
    if (!good) return failed(path_, "read");
    if (text.empty()) return {};
    if (!text.starts_with(kFirstLine)) return Error(Code::internal, path_ + " is no file of handles; name another", "internal error");
    for (std::size_t at = kFirstLine.size(), end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
      std::string line = text.substr(at, end + 1 - at);
      auto one = read_handle_line(std::string_view(line).substr(0, line.size() - 1));
      if (!one) continue;
      if (one->erased)
        lines_.erase(one->kept.key);
      else
        lines_[one->kept.key] = std::move(line);
    }
    return {};
  }

  // Writes what is kept to a new file, which takes the place of the old one in one step.
  Result<> rewrite() {
    std::string text(kFirstLine), fresh = path_ + ".new";
    for (const auto& [key, line] : lines_) text += line;
    int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return failed(fresh, "written");
    auto written = write_all(fd, text, fresh);
    if (written && (::fdatasync(fd) != 0 || ::rename(fresh.c_str(), path_.c_str()) != 0)) written = failed(path_, "written");
    if (!written) {
      ::close(fd);
      return written;
    }
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
    size_ = text.size();
    used_ = size_;
    return {};
  }

  std::string path_;
  int lock_;
  int fd_ = -1;
  std::map<std::string, std::string> lines_;  // by key, each with its line feed
  std::size_t size_ = 0, used_ = 0;           // bytes of the file, and of the lines that still count
};

}  // namespace

std::string handle_line(const KeptHandle& kept) {
  auto expires = std::chrono::duration_cast<std::chrono::milliseconds>(kept.expires.time_since_epoch());
  JsonWriter w;
  w.object().field("key", kept.key).field("owner", kept.owner).field("expires", static_cast<std::int64_t>(expires.count()));
  w.key("value").raw(kept.value).end();
  return std::move(w).text() + "\n";
}

std::string erased_line(const std::string& key) { return "{\"erased\":\"" + key + "\"}\n"; }

std::optional<HandleLine> read_handle_line(std::string_view line) {
  auto json = Json::parse(line);
  if (!json) return std::nullopt;
  HandleLine out;
  if (auto erased = (*json)["erased"].string()) {
    out.kept.key = *erased;
    out.erased = true;
  } else {
    auto expires = (*json)["expires"].integer();
    if (!expires || !(*json)["value"] || !(*json)["owner"].string()) return std::nullopt;
    // Far beyond any clock, and far from an overflow of its type.
    static constexpr std::int64_t kMostMillis = 4'000'000'000'000;
    if (*expires < 0 || *expires > kMostMillis) return std::nullopt;
    out.kept.key = (*json)["key"].string_or("");
    out.kept.owner = (*json)["owner"].string_or("");
    out.kept.expires = std::chrono::system_clock::time_point(std::chrono::milliseconds(*expires));
    out.kept.value = (*json)["value"].text();
  }
  if (!is_key(out.kept.key) || !(out.kept.owner.empty() || is_key(out.kept.owner))) return std::nullopt;
  return out;
}

}  // namespace sdk

namespace mcp {

Result<std::shared_ptr<HandleStore>> open_handle_file(const std::string& path) {
  std::string lock_path = path + ".lock";
  int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return sdk::failed(lock_path, "opened");
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return Error(Code::conflict, path + " is used by another process; give each its own");
  }
  auto file = std::make_shared<sdk::HandleFile>(path, lock);
  if (auto opened = file->open(); !opened) return std::move(opened).error();
  return std::shared_ptr<HandleStore>(std::move(file));
}

}  // namespace mcp
