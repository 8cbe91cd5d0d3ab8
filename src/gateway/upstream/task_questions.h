// Questions of a legacy upstream that belong to a task for which nobody waits yet.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "gateway/upstream/link.h"

namespace gateway {

// Some servers ask as soon as somebody looks at a task, where they say all else; others wait for tasks/result (Tasks, "Input Required
// Status"). A question that comes early is kept until somebody waits for the result of its task.
// Threads: one loop only. close() before destroying it.
class TaskQuestions {
 public:
  using OnQuestion = decltype(LinkRequest::on_question);
  static constexpr std::size_t kMostKept = 64;
  static constexpr base::Millis kKept{600'000};

  explicit TaskQuestions(base::Loop& loop) : loop_(loop) {}

  // A request that waits for the result of a task and can be asked about it; for others it does nothing.
  class Waiter {
   public:
    Waiter(TaskQuestions& questions, const LinkRequest& request);
    ~Waiter();
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

   private:
    TaskQuestions& questions_;
    std::string task_;
    std::shared_ptr<const OnQuestion> ask_;
  };

  // Errors: invalid_argument (it names no task, or too many are kept), cancelled (nobody came), or the client's.
  base::Task<std::string> ask(protocol::Method method, std::string params);
  // Refuses what is kept, and all that comes.
  void close() { stop_.request_stop(); }

 private:
  base::Loop& loop_;
  std::multimap<std::string, std::shared_ptr<const OnQuestion>, std::less<>> waiting_;  // by the task's id as JSON text
  base::Waiters came_;
  std::size_t kept_ = 0;
  std::stop_source stop_;
};

}  // namespace gateway
