// A worker as the pool sees it: its process, and the frames to it and from it.
#pragma once

#include <sys/types.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/loop.h"
#include "sandbox/frames.h"
#include "sandbox/pool.h"

namespace sandbox {

// Owns: the process. Destroying it kills that.
// Threads: one loop only.
class Process : public std::enable_shared_from_this<Process> {
 public:
  // Starts the program; the process then makes itself ready. Errors: unavailable, with the errno's text.
  static Result<std::shared_ptr<Process>> start(base::Loop& loop, const std::string& program);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Called after frames came, or the process is gone. Set to null before what it points to goes.
  std::function<void()> on_event;

  // The next frame that came; more is read only when all were taken. A frame that says `ready` is kept back: see walls().
  std::optional<Frame> take();
  // Queues a frame for the process. What it does not take because it is gone is dropped.
  void send(FrameKind kind, std::string_view body);
  void kill();

  pid_t pid() const { return pid_; }
  bool gone() const { return gone_; }
  // Why nothing more comes: "exited with 81", "killed by SIGSYS", or what was wrong with a frame. Empty before it is gone.
  const std::string& end() const { return end_; }
  int exit_code() const { return exit_code_; }  // -1 when it did not exit by itself
  // Which walls hold; empty until it is ready.
  const std::optional<Layers>& walls() const { return walls_; }

  // The pool's own notes.
  std::string owner;
  std::size_t served = 0;
  base::Instant kept_since{};

 private:
  Process(base::Loop& loop, pid_t pid) : socket_(loop.io()), pid_(pid) {}
  void read();
  void came(std::string_view bytes);
  void write();
  void ended(std::string why);
  void reap();

  boost::asio::local::stream_protocol::socket socket_;
  pid_t pid_;
  FrameReader reader_{kMaxFromWorker};
  std::deque<Frame> frames_;
  std::deque<std::string> queue_;
  std::vector<char> buffer_;
  std::optional<Layers> walls_;
  std::string end_;
  int exit_code_ = -1;
  bool reading_ = false, gone_ = false;

  // A call's arguments and a run's result are bounded far below, by Limits.
  static constexpr std::size_t kMaxFromWorker = 32 * 1024 * 1024;
};

}  // namespace sandbox
