// Changes of tasks, on their way from the servers that have them to the clients that listen.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "base/task_group.h"
#include "gateway/bridge/task_ids.h"
#include "gateway/bridge/task_watch.h"
#include "gateway/recent.h"
#include "protocol/tasks.h"

namespace gateway {

// Tasks that one client listens for, all of one server.
struct TaskFollow {
  struct One {
    HandedTask task;
    std::string id;       // as the client knows it
    std::string mark;     // of what was told last
    std::string updated;  // when that was, in the server's words
    bool ended = false;
  };
  // Where the tasks live, looked up anew each time: the server may be begun again with another config. None: it is gone.
  std::function<TaskHost()> host;
  std::vector<One> tasks;
  // A task has changed. `said`: the server's own words (DetailedTask), or empty; the id in both is the server's.
  std::function<void(const One& one, const protocol::TaskState& state, std::string_view said)> tell;
  // Whether a task is looked at again and again where its server does not tell of it.
  enum class Else { look, nothing } otherwise = Else::look;

  bool all_ended() const;
  // Tells, unless it is known or older than what is known.
  void news(One& one, const protocol::TaskState& state, std::string_view said);
};

// Legacy tasks that somebody knows of: who looks at them, and in which legacy session their status is told.
// Threads: one loop only.
class TaskEars {
 public:
  static constexpr std::size_t kMostTold = 5'000;

  // Where a client of the legacy era is told.
  struct Told {
    std::string id, session;  // the client's name for the task
    Audience audience;        // for whom it was made
  };

  // Waits for news of one task as long as it lives.
  class Ear {
   public:
    Ear(TaskEars& ears, const HandedTask& task) : ears_(ears), place_(ears.waiting_.emplace(key(task.server, task.id), this)) {}
    ~Ear() { ears_.waiting_.erase(place_); }
    Ear(const Ear&) = delete;
    Ear& operator=(const Ear&) = delete;
    // Ends when there is news, after `most` at the latest. No errors.
    base::Task<void> wait(base::Timers& timers, base::Millis most, std::stop_token stop);

   private:
    friend class TaskEars;
    TaskEars& ears_;
    std::multimap<std::string, Ear*, std::less<>>::iterator place_;
    base::Waiters news_;
    bool came_ = false;  // while nobody waited
  };

  void remember(const HandedTask& task, Told told) { told_.put(key(task.server, task.id), std::move(told)); }
  // A server speaks of one of its tasks. Null where no legacy client knows of it.
  const Told* heard(std::string_view server, std::string_view id);

 private:
  static std::string key(std::string_view server, std::string_view id) { return std::string(server).append("\n").append(id); }

  std::multimap<std::string, Ear*, std::less<>> waiting_;
  Recent<std::string, Told> told_{kMostTold};
};

}  // namespace gateway
