// What an attacker could do who had got out of the engine: nothing. Each is tried in a process that has shut itself in.
#include "sandbox/confine.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "sandbox/pool_testing.h"

namespace sandbox {
namespace {

// How a process ended that tried `attempt` behind the walls: the signal that killed it, or 0 when it lived on.
int signal_of(void (*attempt)()) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (!confine().seccomp) ::_exit(77);
    attempt();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(ConfineTest, SystemCallsThatAreNotAllowedKill) {
  if (kSanitized) GTEST_SKIP() << "seccomp is off in a build with a sanitizer";
  EXPECT_EQ(signal_of([] {}), 0);
  EXPECT_EQ(signal_of([] { (void)!::open("/etc/passwd", O_RDONLY); }), SIGSYS);
  EXPECT_EQ(signal_of([] { (void)!::socket(AF_INET, SOCK_STREAM, 0); }), SIGSYS);
  EXPECT_EQ(signal_of([] { (void)!::fork(); }), SIGSYS);
  EXPECT_EQ(signal_of([] { (void)!::execl("/bin/true", "true", nullptr); }), SIGSYS);
  EXPECT_EQ(signal_of([] { (void)!::kill(1, 0); }), SIGSYS);
  EXPECT_EQ(signal_of([] { (void)!::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }), SIGSYS);
  EXPECT_EQ(signal_of([] { (void)!::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }), SIGSYS);
  EXPECT_EQ(signal_of([] { (void)!::getppid(); }), SIGSYS);
}

TEST(ConfineTest, WhatTheEngineNeedsGoesOn) {
  if (kSanitized) GTEST_SKIP() << "seccomp is off in a build with a sanitizer";
  EXPECT_EQ(signal_of([] {
              void* memory = ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              if (memory == MAP_FAILED) std::abort();
              ::munmap(memory, 1 << 20);
              std::string text(1 << 22, 'x');
              timespec time{};
              ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
            }),
            0);
}

TEST(ConfineTest, WallsComeBackAsTheyWereReported) {
  Layers layers;
  layers.seccomp = true;
  layers.missing = {"landlock: none"};
  auto back = read_layers(layers_body(layers));
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(back->seccomp);
  EXPECT_FALSE(back->limits);
  EXPECT_EQ(back->missing, layers.missing);
  EXPECT_FALSE(read_layers("x").ok());
}

}  // namespace
}  // namespace sandbox
