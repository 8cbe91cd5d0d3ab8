#include "app/instance_lock.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace {

class Lock : public testing::Test {
 protected:
  Lock() {
    char name[] = "/tmp/gatehouse-lock-XXXXXX";
    folder_ = ::mkdtemp(name);
    path_ = (folder_ / "g.db.lock").string();
  }
  ~Lock() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(Lock, IsHeldOnceAndSaysByWhom) {
  auto first = app::InstanceLock::take(path_);
  ASSERT_TRUE(first);
  first->note("127.0.0.1:8811");
  auto second = app::InstanceLock::take(path_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, mcp::Code::conflict);
  EXPECT_EQ(
      second.error().message,
      fmt::format("a gateway (pid {}) runs on this store at 127.0.0.1:8811; stop it, or give this one a store of its own", ::getpid()));
  auto running = app::find_running(path_);
  ASSERT_TRUE(running);
  EXPECT_EQ(running->pid, ::getpid());
  EXPECT_EQ(running->address, "127.0.0.1:8811");
}

TEST_F(Lock, IsFreeAfterItsHolder) {
  EXPECT_FALSE(app::find_running(path_));
  { auto first = app::InstanceLock::take(path_); }
  EXPECT_FALSE(app::find_running(path_));
  EXPECT_TRUE(app::InstanceLock::take(path_));
}

TEST_F(Lock, AFolderThatIsNotThereIsSaid) {
  auto lock = app::InstanceLock::take((folder_ / "none/g.lock").string());
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, mcp::Code::unavailable);
}

TEST(Listener, IsFoundByItsPort) {
  int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  socklen_t size = sizeof at;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size);
  EXPECT_FALSE(app::find_listener(ntohs(at.sin_port)));
  ASSERT_EQ(::listen(socket, 1), 0);
  EXPECT_EQ(app::find_listener(ntohs(at.sin_port)), ::getpid());
  ::close(socket);
}

}  // namespace
