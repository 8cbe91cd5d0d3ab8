#include "net/child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>

#include "net/net_test_support.h"

namespace net {
namespace {

using testing::HasSubstr;

ChildCommand shell(std::string script) { return {{"/bin/sh", "-c", std::move(script)}, {"PATH=/usr/bin:/bin", "GREETING=hello"}, ""}; }

class ChildTest : public testing::Test {
 protected:
  ChildTest() : reaper(Reaper::start()) {
    EXPECT_TRUE(reaper.ok());
    char name[] = "/tmp/child_test_XXXXXX";
    directory = ::mkdtemp(name);
  }
  ~ChildTest() override { (void)!::system(("rm -rf " + directory).c_str()); }

  std::unique_ptr<Child> open(ChildCommand command, ChildOptions options = {}) {
    auto child = loop.block_on(Child::open_child(loop, *reaper, std::move(command), std::move(options)));
    if (!child) {
      ADD_FAILURE() << child.error().message;
      return nullptr;
    }
    return *std::move(child);
  }
  Error open_error(ChildCommand command) {
    auto child = loop.block_on(Child::open_child(loop, *reaper, std::move(command), {}));
    return child ? Error(Code::internal, "it started") : std::move(child).error();
  }
  std::string line(Child& child, std::size_t limit = 1000) {
    auto read = loop.block_on(child.read_line(limit));
    return read ? *read : "error: " + std::string(mcp::code_name(read.error().code)) + ": " + read.error().message;
  }
  static bool alive(pid_t pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string text((std::istreambuf_iterator<char>(stat)), {});
    return !text.empty() && text.find(") Z ") == text.npos;
  }

  Result<Reaper> reaper;
  base::Loop loop;
  std::string directory;
};

TEST_F(ChildTest, SpeaksLines) {
  auto child = open(shell("read x; echo \"$GREETING $x\"; pwd; cat"));
  ASSERT_TRUE(child);
  EXPECT_GT(child->pid(), 0);
  EXPECT_TRUE(child->write_line("you").ok());
  EXPECT_EQ(line(*child), "hello you");
  line(*child);
  std::string large(300'000, 'x');
  EXPECT_TRUE(child->write_line(large).ok());
  EXPECT_TRUE(child->write_line("end\r").ok());
  EXPECT_EQ(line(*child, 400'000), large);
  EXPECT_EQ(line(*child), "end");
  EXPECT_EQ(child->write_line("a\nb").error().code, Code::invalid_argument);
  EXPECT_TRUE(loop.block_on(child->stop(Millis(10'000))).ok());
  EXPECT_EQ(child->status(), "exited with 0");
  EXPECT_THAT(line(*child), HasSubstr("exited with 0"));
  EXPECT_EQ(child->write_line("x").error().code, Code::unavailable);
}

TEST_F(ChildTest, RunsWhereItIsTold) {
  auto command = shell("pwd; ls /proc/self/fd | wc -l");
  command.directory = directory;
  auto child = open(std::move(command));
  EXPECT_EQ(line(*child), directory);
  EXPECT_EQ(line(*child), "4");  // 0, 1, 2 and the one that ls has open to see them
}

TEST_F(ChildTest, SaysWhyItDidNotStart) {
  auto missing = open_error({{"no-such-program-here"}, {"PATH=/usr/bin:/bin"}, ""});
  EXPECT_EQ(missing.code, Code::not_found);
  EXPECT_THAT(missing.message, HasSubstr("'no-such-program-here'"));
  auto text = open_error({{"/etc/passwd"}, {}, ""});
  EXPECT_EQ(text.code, Code::denied);
  EXPECT_THAT(text.message, HasSubstr("Permission denied"));
  auto place = shell("true");
  place.directory = "/no/such/place";
  EXPECT_THAT(open_error(std::move(place)).message, HasSubstr("/no/such/place"));
}

TEST_F(ChildTest, SaysHowItEnded) {
  auto exits = open(shell("echo noise >&2; exit 3"));
  EXPECT_EQ(*loop.block_on(exits->exited()), "exited with 3");
  EXPECT_THAT(line(*exits), HasSubstr("exited with 3"));
  auto dies = open(shell("kill -9 $$"));
  EXPECT_EQ(*loop.block_on(dies->exited()), "killed by SIGKILL");
}

TEST_F(ChildTest, SkipsALineThatIsTooLong) {
  auto child = open(shell("echo one; head -c 1000000 /dev/zero | tr '\\0' x; echo; echo two; printf three"));
  EXPECT_EQ(line(*child), "one");
  EXPECT_THAT(line(*child), HasSubstr("too_large"));
  EXPECT_EQ(line(*child), "two");
  EXPECT_EQ(line(*child), "three");
  EXPECT_THAT(line(*child), HasSubstr("unavailable"));
}

TEST_F(ChildTest, KeepsWhatItComplainsAbout) {
  std::vector<std::string> seen;
  ChildOptions options;
  options.stderr_kept = 100;
  options.max_stderr_line = 10;
  options.on_stderr = [&](std::string_view text) { seen.emplace_back(text); };
  auto child = open(shell("echo short >&2; printf 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\\n' >&2; i=0; while [ $i -lt 100 ]; do echo line$i "
                          ">&2; i=$((i+1)); done; printf last >&2"),
                    options);
  EXPECT_EQ(*loop.block_on(child->exited()), "exited with 0");
  while (seen.empty() || seen.back() != "last") loop.io().restart(), loop.io().run_one();
  EXPECT_EQ(seen[0], "short");
  EXPECT_EQ(seen[1], "xxxxxxxxxx");
  EXPECT_EQ(seen.size(), 103u);
  EXPECT_EQ(child->stderr_tail().size(), 100u);
  EXPECT_THAT(child->stderr_tail(), testing::EndsWith("line99\nlast"));
}

TEST_F(ChildTest, DoesNotQueueWithoutEnd) {
  ChildOptions options;
  options.max_queue = 200'000;
  auto child = open(shell("sleep 1000"), options);
  Result<> outcome;
  for (int i = 0; i < 1000 && outcome; ++i) outcome = child->write_line(std::string(10'000, 'x'));
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, Code::rate_limited);
}

// Daemons in sessions of their own, whose parents have gone.
constexpr const char* kDaemons = "setsid sh -c 'setsid sh -c \"sleep 1000 & echo \\$!; exec sleep 1001\" & exit' ; sleep 1002 & echo $!; ";

TEST_F(ChildTest, StopEndsTheWholeTree) {
  auto child = open(shell(std::string(kDaemons) + "trap '' TERM; while :; do sleep 1000; done"));
  pid_t a = std::stoi(line(*child)), b = std::stoi(line(*child));
  EXPECT_TRUE(alive(a) && alive(b));
  EXPECT_TRUE(loop.block_on(child->stop(Millis(30))).ok());
  EXPECT_FALSE(alive(a) || alive(b) || alive(child->pid()));
  EXPECT_EQ(child->status(), "killed by SIGKILL");
}

TEST_F(ChildTest, StopIsPoliteFirst) {
  auto child = open(shell("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 1000 & wait $!; done"));
  EXPECT_EQ(line(*child), "ready");
  EXPECT_TRUE(loop.block_on(child->stop(Millis(500))).ok());
  EXPECT_EQ(child->status(), "exited with 7");
  EXPECT_EQ(line(*child), "bye");
}

TEST_F(ChildTest, ADescendantThatStaysBehindIsKilledWhenTheChildEnds) {
  auto child = open(shell(std::string(kDaemons) + "read x; exit 0"));
  pid_t a = std::stoi(line(*child)), b = std::stoi(line(*child));
  EXPECT_TRUE(child->write_line("go").ok());
  EXPECT_EQ(*loop.block_on(child->exited()), "exited with 0");
  EXPECT_FALSE(alive(a) || alive(b));
}

TEST_F(ChildTest, KillingThisProcessKillsTheTree) {
  int said[2];
  ASSERT_EQ(::pipe(said), 0);
  pid_t gateway = ::fork();
  if (gateway == 0) {
    // A whole gateway of its own: the launcher, a child with daemons, and then it waits to be killed.
    auto mine = Reaper::start();
    base::Loop own;
    auto child = own.block_on(Child::open_child(own, *mine, shell(std::string(kDaemons) + "sleep 1003"), {}));
    for (int i = 0; child && i < 2; ++i) {
      std::string text = *own.block_on((*child)->read_line(100)) + " ";
      (void)!::write(said[1], text.data(), text.size());
    }
    (void)!::write(said[1], "\n", 1);
    for (;;) ::pause();
  }
  ::close(said[1]);
  std::string text;
  for (char byte = 0; ::read(said[0], &byte, 1) == 1 && byte != '\n';) text += byte;
  ::close(said[0]);
  int a = 0, b = 0;
  ASSERT_EQ(std::sscanf(text.c_str(), "%d %d", &a, &b), 2) << text;
  int watch_a = static_cast<int>(::syscall(SYS_pidfd_open, a, 0)), watch_b = static_cast<int>(::syscall(434, b, 0));
  ::kill(gateway, SIGKILL);
  ::waitpid(gateway, nullptr, 0);
  for (int watch : {watch_a, watch_b}) {
    pollfd ended{watch, POLLIN, 0};
    EXPECT_EQ(::poll(&ended, 1, 10'000), 1);
    ::close(watch);
  }
}

TEST_F(ChildTest, KillingTheLauncherKillsTheTree) {
  auto child = open(shell(std::string(kDaemons) + "sleep 1004"));
  pid_t a = std::stoi(line(*child));
  ::kill(reaper->launcher(), SIGKILL);
  EXPECT_EQ(*loop.block_on(child->exited()), "killed by SIGKILL");
  EXPECT_FALSE(alive(a));
  EXPECT_THAT(open_error(shell("true")).message, HasSubstr("launcher"));
}

TEST_F(ChildTest, DestroyingItKillsTheTree) {
  auto child = open(shell(std::string(kDaemons) + "sleep 1005"));
  pid_t a = std::stoi(line(*child));
  int watch = static_cast<int>(::syscall(SYS_pidfd_open, a, 0));
  child.reset();
  pollfd ended{watch, POLLIN, 0};
  EXPECT_EQ(::poll(&ended, 1, 10'000), 1);
  ::close(watch);
}

TEST_F(ChildTest, AnOutputThatEndsWithinALineThatIsTooLongHasEnded) {
  auto child = open(shell("head -c 100000 /dev/zero"));
  ASSERT_TRUE(child);
  EXPECT_THAT(line(*child), HasSubstr("too_large"));
  EXPECT_THAT(line(*child), HasSubstr("exited with 0"));
}

TEST_F(ChildTest, AFloodIsReadAtItsPaceAndTheChildWaits) {
  ChildOptions options;
  options.stderr_rate = 100'000;
  std::size_t heard = 0;
  options.on_stderr = [&heard](std::string_view bytes) { heard += bytes.size() + 1; };
  auto child = open(shell("yes 0123456789 | head -c 330000 >&2; echo done"), options);
  ASSERT_TRUE(child);
  auto began = base::Timers::now();
  EXPECT_EQ(line(*child), "done");
  EXPECT_GE(base::Timers::now() - began, Millis(1'000)) << "two pauses, less what the pipe holds";
  EXPECT_GE(heard, 200'000u);

  ChildOptions slow;
  slow.output_rate = 100'000;
  auto writer = open(shell("yes 0123456789 | head -c 220000; echo; echo done"), slow);
  ASSERT_TRUE(writer);
  began = base::Timers::now();
  for (std::string got; got != "done";) {
    got = line(*writer);
    ASSERT_FALSE(got.starts_with("error")) << got;
  }
  EXPECT_GE(base::Timers::now() - began, Millis(1'000));
}

}  // namespace
}  // namespace net
