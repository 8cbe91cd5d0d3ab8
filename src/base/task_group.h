// The owner of background work.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <stop_token>

#include "base/await.h"

namespace base {

// Runs Tasks that nobody awaits. There is no other way to start one.
// Owns: their frames. A Task that ends is freed at once; an Error it ends with goes to `on_error` (default: dropped).
// Destroying the group destroys what still runs, where it is suspended; do that only after stop() and join(), or once the loop
// that would resume it has stopped.
// Threads: one loop only.
class TaskGroup {
 public:
  TaskGroup();
  explicit TaskGroup(std::function<void(const Error&)> on_error);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Starts `task` now, in this call, until its first suspension.
  void spawn(Task<void> task);

  // What the group's Tasks watch to end early; they get it from their owner.
  std::stop_token stop_token() const { return stop_.get_token(); }
  void stop() { stop_.request_stop(); }

  // Waits until no Task is left. One waiter at a time. Errors: none.
  Task<void> join();

  std::size_t size() const { return running_.size(); }

 private:
  struct Root;
  struct Runner;
  void ended(Root* root, Result<> outcome);

  std::list<std::unique_ptr<Root>> running_;
  std::function<void(const Error&)> on_error_;
  std::stop_source stop_;
  Signal empty_;
};

}  // namespace base
