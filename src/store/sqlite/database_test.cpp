#include "store/sqlite/database.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "store/catalog_store.h"

namespace {

// Whether another process finds a lock of this one on the file.
bool is_locked(const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    ::_exit(file >= 0 && ::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 0 : 1);
  }
  int status = -1;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

// A store has several connections. Whatever one of them does to the file, the locks of the others stay: else a command that opens the same
// store and closes it would take it for unused, and throw away the journal that is in use.
TEST(Database, AnotherConnectionDropsNoLocks) {
  std::string pattern = std::filesystem::temp_directory_path() / "gatehouse-locks-XXXXXX";
  const std::string folder = ::mkdtemp(pattern.data());
  const std::string path = folder + "/store.db";
  {
    auto store = store::open_store("sqlite:" + path);
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE((*store)->check().ok());
    EXPECT_TRUE(is_locked(path));
    auto again = store::open_store("sqlite:" + path);
    ASSERT_TRUE(again.ok());
    EXPECT_TRUE(is_locked(path));
  }
  EXPECT_FALSE(is_locked(path));
  std::filesystem::remove_all(folder);
}

}  // namespace
