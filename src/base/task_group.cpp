#include "base/task_group.h"

#include <utility>

namespace base {

// The outermost coroutine of a spawned Task. Its frame is destroyed by its Root.
struct TaskGroup::Runner {
  struct promise_type {
    Runner get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    // Never suspends at its end: the frame frees itself, then its Root is already out of the list.
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> frame;

  static Runner run(TaskGroup* group, Root* root, Task<void> task);
};

struct TaskGroup::Root {
  std::coroutine_handle<> frame;
  std::list<std::unique_ptr<Root>>::iterator place;
  ~Root() {
    if (frame) frame.destroy();
  }
};

TaskGroup::Runner TaskGroup::Runner::run(TaskGroup* group, Root* root, Task<void> task) {
  Result<> outcome;
  {
    Task<void> mine = std::move(task);
    outcome = co_await std::move(mine).result();
  }
  group->ended(root, std::move(outcome));
}

TaskGroup::TaskGroup() = default;
TaskGroup::TaskGroup(std::function<void(const Error&)> on_error) : on_error_(std::move(on_error)) {}
TaskGroup::~TaskGroup() {
  stop_.request_stop();
  while (!running_.empty()) running_.pop_back();
}

void TaskGroup::spawn(Task<void> task) {
  auto root = std::make_unique<Root>();
  Root* raw = root.get();
  auto frame = Runner::run(this, raw, std::move(task)).frame;
  raw->frame = frame;
  running_.push_front(std::move(root));
  raw->place = running_.begin();
  frame.resume();
}

void TaskGroup::ended(Root* root, Result<> outcome) {
  root->frame = {};
  running_.erase(root->place);
  if (!outcome && on_error_) on_error_(outcome.error());
  if (running_.empty()) empty_.raise();
}

Task<void> TaskGroup::join() {
  while (!running_.empty()) co_await empty_.wait();
}

}  // namespace base
