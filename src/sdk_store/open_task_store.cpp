// mcp::open_task_store: tasks in a SQLite file that one process has for itself.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "mcp/server/tasks.h"
#include "store/catalog_store.h"

namespace mcp {
namespace {

// A file beside the database, locked for as long as the store is open; the lock ends with the process, however that ends.
class Lock {
 public:
  static Result<Lock> take(const std::string& path) {
    std::string name = path + ".lock";
    int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return Error(Code::internal, "the task store's lock " + name + " cannot be opened: " + std::strerror(errno));
    Lock lock(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
      return Error(Code::conflict, "the task store " + path + " is in use by another process; give each server its own file");
    return lock;
  }
  Lock(Lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Lock() {
    if (fd_ >= 0) ::close(fd_);
  }

 private:
  explicit Lock(int fd) : fd_(fd) {}
  int fd_;
};

struct Opened {
  Lock lock;
  std::unique_ptr<store::Store> store;
};

}  // namespace

Result<std::shared_ptr<TaskStore>> open_task_store(const std::string& path) {
  if (path.empty()) return Error(Code::invalid_argument, "a task store needs a path, such as tasks.db");
  auto lock = Lock::take(path);
  if (!lock) return std::move(lock).error();
  auto store = store::open_store("sqlite:" + path);
  if (!store) return std::move(store).error();
  auto opened = std::make_shared<Opened>(Opened{*std::move(lock), *std::move(store)});
  TaskStore* tasks = &opened->store->tasks();
  return std::shared_ptr<TaskStore>(std::move(opened), tasks);
}

}  // namespace mcp
