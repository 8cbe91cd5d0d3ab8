// Legacy tasks that wait for input, held open for modern clients: what their server asks is kept until somebody fetches and answers it.
#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "base/task_group.h"
#include "gateway/bridge/task_ids.h"
#include "gateway/upstream/upstream.h"

namespace gateway {

// The upstream where a task lives, and what goes along with each request of its caller.
struct TaskHost {
  std::shared_ptr<Upstream> upstream;
  std::vector<std::pair<std::string, std::string>> headers;
};

// One task, whose tasks/result waits at its server ("Tasks", "Input Required Status"): that is the stream on which the server asks.
// Threads: one loop only.
class TaskWatch {
 public:
  static constexpr std::size_t kMostQuestions = 32;
  static constexpr base::Millis kAnswerTime{600'000};

  explicit TaskWatch(base::Loop& loop) : loop_(loop), used_(base::Timers::now()) {}

  // What nobody has answered yet, as the `inputRequests` of the extension; no key is used twice. "{}": nothing.
  std::string questions() const;
  // The client's result for one of them. False when that is not asked (any more).
  bool answer(std::string_view key, std::string_view result);
  // Waits until there is something to answer, or the task asks no more; for `most` at the longest. No errors.
  base::Task<void> settled(base::Millis most, std::stop_token stop);

 private:
  friend class TaskWatches;
  struct Question {
    std::string method, params;
    base::OneShot<std::string> answer;
  };
  static base::Task<std::string> ask(std::shared_ptr<TaskWatch> watch, protocol::Method method, std::string params);

  base::Loop& loop_;
  std::map<std::string, std::shared_ptr<Question>, std::less<>> open_;
  base::Waiters changed_;
  std::stop_source stop_;
  base::Instant used_;
  bool ended_ = false;
};

// Owns the watches. One that nobody looks at any more is ended, and its server hears that nobody answers.
// Threads: one loop only. stop() before destroying it.
class TaskWatches {
 public:
  static constexpr std::size_t kMost = 500;
  static constexpr base::Millis kIdle{600'000};
  static constexpr base::Millis kLongest{24 * 3'600'000};

  explicit TaskWatches(base::Loop& loop) : loop_(loop) {}

  // The watch of this task, begun when there is none. Error: rate_limited.
  base::Result<std::shared_ptr<TaskWatch>> open(const HandedTask& task, const TaskHost& host);
  // Null when there is none.
  std::shared_ptr<TaskWatch> find(const HandedTask& task);
  // The task was cancelled: what it asks need not be answered.
  void end(const HandedTask& task);
  std::size_t size() const { return watches_.size(); }

  base::Task<void> stop();

 private:
  static std::string key_of(const HandedTask& task);
  base::Task<void> run(std::string key, HandedTask task, TaskHost host, std::shared_ptr<TaskWatch> watch);
  void sweep();

  base::Loop& loop_;
  std::map<std::string, std::shared_ptr<TaskWatch>, std::less<>> watches_;
  base::Deadline sweep_;
  bool sweeping_ = false;
  base::TaskGroup work_;
};

}  // namespace gateway
