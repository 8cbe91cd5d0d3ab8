// What this process remembers of tasks: results that it holds for callers who wanted a task, and which ids it gave to whom.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/tasks.h"

namespace gateway {

using WallTime = std::chrono::system_clock::time_point;

// Tasks that had ended before they began: their upstream answered at once. The oldest go when there is no room.
// Threads: one loop only.
class HeldTasks {
 public:
  static constexpr std::size_t kMost = 1'000;
  static constexpr std::size_t kMostBytes = 64 * 1024 * 1024;
  static constexpr std::chrono::milliseconds kDefaultTime{600'000};
  static constexpr std::chrono::milliseconds kLongestTime{3'600'000};

  // Keeps a result (CallToolResult, JSON text) for `ttl` (zero: the default), and gives the task that stands for it.
  protocol::TaskState add(std::string result, std::chrono::milliseconds ttl, WallTime now);
  // Null when it is not there, or was kept long enough.
  const protocol::TaskState* find(std::string_view id, WallTime now);
  std::size_t size() const { return held_.size(); }

 private:
  struct Held {
    protocol::TaskState state;
    WallTime until;
  };
  void drop_front();

  std::map<std::string, Held, std::less<>> held_;
  std::deque<std::string> order_;  // the oldest first
  std::size_t bytes_ = 0;
};

// Which tasks each caller was told of, for tasks/list. The oldest of a caller with many go, then the oldest of all.
// Threads: one loop only.
class TaskLedger {
 public:
  static constexpr std::size_t kMostOfOne = 500;
  static constexpr std::size_t kMost = 10'000;

  struct Line {
    std::uint64_t number = 0;
    std::string server;
    protocol::TaskState last;  // as it was last seen, under the id that the caller knows
    WallTime until;
  };

  void add(std::string_view caller, std::string_view server, const protocol::TaskState& task, WallTime now);
  // What is known now of a task that is in it.
  void seen(std::string_view caller, const protocol::TaskState& task);
  // The task is no more.
  void gone(std::string_view caller, std::string_view id);
  // At most `most` of a caller's tasks after number `after`, of `server` or (empty) of all, the oldest first.
  std::vector<Line> list(std::string_view caller, std::string_view server, std::uint64_t after, std::size_t most, WallTime now);
  std::size_t size() const { return size_; }

 private:
  using Lines = std::deque<Line>;
  Line* find(std::string_view caller, std::string_view id);
  void drop_oldest();

  std::map<std::string, Lines, std::less<>> of_;
  std::uint64_t last_ = 0;
  std::size_t size_ = 0;
};

}  // namespace gateway
