// The process that starts child processes, and sees to it that none of them outlives this one.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/result.h"

namespace net {

struct ChildCommand {
  std::vector<std::string> argv;         // argv[0] is looked up in the environment's PATH if it has no slash
  std::vector<std::string> environment;  // "NAME=value"; this is the whole environment of the child
  std::string directory;                 // where it runs; empty means this process's own directory at Reaper::start()
  // How it is confined, as the Reaper's Confiner understands it; empty: not at all.
  std::string confinement;
};

// A confined start as a Confiner sees it, in the keeper.
struct ConfinedStart {
  std::string_view confinement;
  const std::vector<std::string>& argv;
  const std::vector<std::string>& environment;
  const std::string& directory;
  int input, output, errors;  // for the child's 0, 1 and 2; above these
  int outlet;                 // a UNIX socket; descriptors that are sent over it reach ChildOptions::on_listeners
  int failure;                // a pipe that the program must not have, and whose end says that it runs
  // With an errno: it failed, and why. With 0: a layer does not hold, and is not asked for.
  std::function<void(int error, std::string_view what)> tell;
};

// What starts confined children. Both run in a keeper, a process of one thread.
struct Confiner {
  // As fork() and exec together: gives the process whose end is the child's, or -1 with errno, and `why` filled. That process exits with
  // 128 and a signal's number where a signal ended the program.
  pid_t (*start)(const ConfinedStart& what, std::string& why) = nullptr;
  // The child and all that it started are gone.
  void (*ended)(std::string_view confinement, pid_t child) = nullptr;
};

// A file descriptor that is closed in the end.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { reset(); }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset();
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// This side's ends of a child that is being started. Closing `control` kills the child and all of its descendants.
struct ChildPipes {
  Fd input, output, errors, control, outlet;
};

// The launcher: a small process forked before there are threads. For each child it forks a keeper, which becomes the reaper of all
// of the child's descendants, starts the child, and reports. When the keeper's control socket closes, because this process
// closed it or died in any way, or when the launcher dies, the keeper kills the whole tree, daemons included.
// Owns: the launcher; destroying this ends it.
// Threads: start() before any thread exists; launch() from any thread.
class Reaper {
 public:
  // Forks the launcher. Call first thing in main. Also makes this process ignore SIGPIPE. Errors: unavailable.
  // Without a confiner, commands with a confinement are refused.
  static mcp::Result<Reaper> start(Confiner confiner = {});

  Reaper(Reaper&& other) noexcept : socket_(std::move(other.socket_)), launcher_(std::exchange(other.launcher_, 0)) {}
  ~Reaper();

  // Asks for a keeper. What to start is then written to `control` by request_bytes(); how that went is read from it.
  // Errors: unavailable (no launcher, no descriptors).
  mcp::Result<ChildPipes> launch();

  pid_t launcher() const { return launcher_; }

 private:
  Reaper(Fd socket, pid_t launcher) : socket_(std::move(socket)), launcher_(launcher) {}

  Fd socket_;
  pid_t launcher_ = 0;
};

}  // namespace net
