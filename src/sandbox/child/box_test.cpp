// What a process can do in its box, tried in one: a shell that tries, and says how it went.
#include "sandbox/child/box.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "sandbox/child/exposure.h"
#include "sandbox/child/landlock.h"

namespace sandbox::child {
namespace {

namespace fs = std::filesystem;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

struct Ended {
  pid_t pid = -1;
  int code = -1;
  std::string output, told;
};

// Runs a shell's words in a box.
Ended run(Plan plan, const std::string& words, const std::string& directory = "/") {
  if (::geteuid() == 0) plan.outer_id = 0x7000'0001;
  int input[2], output[2], failure[2], outlet[2];
  for (int* pipe : {input, output, failure}) EXPECT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, outlet), 0);
  const std::vector<std::string> argv{"/bin/sh", "-c", words}, environment{"PATH=/usr/bin:/bin", "HOME=/home/box"};
  const std::string bytes = plan_bytes(plan);
  auto tell = [&failure](int error, std::string_view what) {
    std::string line(what);
    line += error ? std::string(": ") + std::strerror(error) + "\n" : "\n";
    (void)!::write(failure[1], line.data(), line.size());
  };
  Ended out;
  std::string why;
  out.pid = start({bytes, argv, environment, directory, input[0], output[1], output[1], outlet[0], failure[1], tell}, why);
  if (out.pid < 0) out.told = why + ": " + std::strerror(errno);
  for (int fd : {input[0], input[1], output[1], failure[1], outlet[0]}) ::close(fd);
  auto drain = [](int fd, std::string& into) {
    char buffer[4096];
    for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;) into.append(buffer, static_cast<std::size_t>(n));
    ::close(fd);
  };
  drain(output[0], out.output);
  drain(failure[0], out.told);
  ::close(outlet[1]);
  int status = 0;
  if (out.pid > 0) ::waitpid(out.pid, &status, 0);
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return out;
}

class BoxTest : public testing::Test {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "the walls refuse what a sanitizer needs";
    std::string name = testing::TempDir() + "box-XXXXXX";
    folder_ = fs::canonical(::mkdtemp(name.data()));
    const Ended first = run(plan(), "true");
    if (first.told.find("namespaces") != std::string::npos) GTEST_SKIP() << "this machine has no namespaces for it: " << first.told;
    ASSERT_EQ(first.code, 0) << first.told << first.output;
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  Plan plan(Mount::Access access = Mount::Access::read) {
    Exposure exposure("/root", "/usr/bin:/bin");
    exposure.add_runtime();
    if (!folder_.empty()) {
      EXPECT_TRUE(exposure.open(folder_, access).ok());
    }
    return exposure.take();
  }
  std::string in(const char* name) const { return folder_ + "/" + name; }

  std::string folder_;
};

TEST_F(BoxTest, ARightfulProgramRuns) {
  std::ofstream(in("file")) << "content";
  auto ended = run(plan(), "cat " + in("file") + "; echo; id -u; pwd; ls /; exit 7");
  EXPECT_EQ(ended.code, 7);
  EXPECT_TRUE(ended.output.starts_with("content\n1000\n/\n")) << ended.output;
  EXPECT_EQ(ended.output.find("root"), std::string::npos) << ended.output;
}

TEST_F(BoxTest, FilesOfTheMachineAreNotThere) {
  for (const char* path :
       {"/etc/shadow", "/root", "/var", "/sys", "/run", "/proc/1/environ", "/home/user", "/dev/vda", "/dev/sda", "/dev/tty"})
    EXPECT_NE(run(plan(), std::string("cat ") + path + " || ls " + path + "/.").code, 0) << path;
}

TEST_F(BoxTest, WhatIsOpenForReadingIsNotWritten) {
  EXPECT_NE(run(plan(), "echo x > " + in("new")).code, 0);
  EXPECT_NE(run(plan(), "echo x > /usr/x || echo x > /etc/x || mkdir /x").code, 0);
  EXPECT_FALSE(fs::exists(in("new")));
  EXPECT_EQ(run(plan(Mount::Access::write), "echo x > " + in("new")).code, 0);
  EXPECT_TRUE(fs::exists(in("new")));
}

TEST_F(BoxTest, WhatIsHiddenIsNotRead) {
  std::ofstream(in("secret")) << "hush";
  Plan hiding = plan();
  hiding.hidden = {in("secret"), in("none")};
  auto ended = run(hiding, "cat " + in("secret"));
  EXPECT_EQ(ended.output.find("hush"), std::string::npos);
}

TEST_F(BoxTest, HomeAndTmpAreItsOwnAndSmall) {
  std::ofstream("/tmp/box-test-outside") << "x";
  EXPECT_EQ(run(plan(), "echo x > $HOME/a && echo x > /tmp/b && ! test -e /tmp/box-test-outside").code, 0);
  fs::remove("/tmp/box-test-outside");
  EXPECT_NE(run(plan(), "dd if=/dev/zero of=/tmp/big bs=1M count=100 2>/dev/null").code, 0);
  EXPECT_NE(run(plan(), "printf '#!/bin/sh\\ntrue\\n' > /tmp/x; chmod +x /tmp/x; /tmp/x").code, 0) << "nothing of it is run";
}

TEST_F(BoxTest, PrivilegesStayAway) {
  EXPECT_NE(run(plan(), "mount -t tmpfs none /home/box").code, 0);
  EXPECT_NE(run(plan(), "unshare -U true").code, 0);
  EXPECT_NE(run(plan(), "unshare -rm true").code, 0);
  EXPECT_NE(run(plan(Mount::Access::write), "cp /bin/true " + in("x") + " && chmod u+s " + in("x")).code, 0);
  EXPECT_EQ(run(plan(), "grep -q 'CapEff:.0000000000000000' /proc/self/status && grep -q 'NoNewPrivs:.1' /proc/self/status").code, 0);
}

TEST_F(BoxTest, ProcessesOutsideAreNotSeenAndNoneIsLeft) {
  auto ended = run(plan(), "ls /proc | grep -c '^[0-9]'; kill -9 1; (sleep 1000 &) ; true");
  EXPECT_LT(std::atoi(ended.output.c_str()), 8) << ended.output;
  // The box ended with its program, and the sleeper with the box: its output was at its end.
  EXPECT_EQ(ended.code, 0);
}

TEST_F(BoxTest, TheNetworkIsItsOwn) {
  auto ended = run(plan(), "cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' '");
  EXPECT_EQ(ended.output, "lo\n");
}

TEST_F(BoxTest, HowTheProgramEndedIsTold) {
  EXPECT_EQ(run(plan(), "kill -SEGV $$").code, 128 + SIGSEGV);
  auto none = run(plan(), "exit 3", "/not/there");
  EXPECT_EQ(none.code, 127);
  EXPECT_NE(none.told.find("folder /not/there"), std::string::npos) << none.told;
}

TEST_F(BoxTest, AMountThatIsNotThereIsAnErrorThatNamesIt) {
  Plan bad = plan();
  bad.mounts.push_back({"/not/there", "/x", Mount::Access::read});
  auto ended = run(bad, "true");
  EXPECT_NE(ended.told.find("tree: /not/there"), std::string::npos) << ended.told;
  EXPECT_EQ(ended.code, 127);
}

TEST_F(BoxTest, AForkBombEndsAtItsCeiling) {
  Plan few = plan();
  few.ceilings.processes = 20;
  auto ended = run(few, "i=0; while [ $i -lt 60 ]; do sleep 100 & i=$((i+1)); done; echo made");
  EXPECT_EQ(ended.output.find("made"), std::string::npos) << ended.output;
}

}  // namespace
}  // namespace sandbox::child
