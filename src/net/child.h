// A child process that speaks lines over its standard input and output.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "net/reaper.h"

namespace net {

using base::Code;
using base::Error;
using base::Instant;
using base::Loop;
using base::Millis;
using base::Result;
using base::Task;

struct ChildOptions {
  std::size_t max_queue = 8 * 1024 * 1024;  // bytes that wait to be written to the child
  std::size_t stderr_kept = 8 * 1024;       // the last bytes of its standard error
  std::size_t max_stderr_line = 2 * 1024;   // a longer line is cut for on_stderr
  // Bytes that are read in one second; a child that writes more waits. So one that floods costs others no more than this.
  std::size_t stderr_rate = 512 * 1024;
  std::size_t output_rate = 64 * 1024 * 1024;
  Millis start_time{10'000};  // from asking to the report that it runs
  std::function<void(std::string_view line)> on_stderr;
  // Of a confined child, before open_child ends: the sockets that its confiner handed out, in its order; and the layers that do not hold on
  // this machine and that the confinement does without, in words.
  std::function<void(std::vector<Fd> listeners)> on_listeners;
  std::function<void(std::string_view layers)> on_degraded;
};

// A running child, and its descendants. Destroying it kills them all; stop() is the polite way.
// Threads: one loop only; one reader at a time. No Task of it may be pending when it is destroyed.
class Child {
 public:
  // Starts `command` and waits until it runs.
  // Errors: not_found (no such program), denied (not executable, or its confinement cannot be made: the layer is named), unavailable
  // (anything else; with the errno's text). All name argv[0].
  static Task<std::unique_ptr<Child>> open_child(Loop& loop, Reaper& reaper, ChildCommand command, ChildOptions options);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const;

  // The next line of its standard output, without its line end ("\n" or "\r\n").
  // Errors: too_large (the line is over `limit`; it is skipped, and the next call gives the next line), unavailable (the output
  // is at its end; says how the child ended where that is known).
  Task<std::string> read_line(std::size_t limit);

  // Queues `line` and a line feed for its standard input. `line` must not hold one.
  // Errors: rate_limited (max_queue is full), unavailable (it does not read any more), invalid_argument (a line break inside).
  Result<> write_line(std::string line);

  // Waits until the child and all of its descendants are gone. Gives "exited with 1", "killed by SIGKILL". Any number may wait.
  // Errors: none.
  Task<std::string> exited();
  bool running() const;
  // How it ended, or empty while it runs.
  const std::string& status() const;

  // The last stderr_kept bytes that it wrote to its standard error.
  std::string stderr_tail() const;

  // Closes its input and waits for `grace`; sends SIGTERM to the tree and waits for `grace`; then SIGKILL. Returns when all are gone.
  // Errors: none.
  Task<void> stop(Millis grace);

 private:
  class Core;
  explicit Child(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  std::shared_ptr<Core> core_;
};

}  // namespace net
