// Tasks: calls that outlive their request. What a server says about them, and where they are kept.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace mcp {

// Whether a call of a tool may become a task: something that the caller is handed at once, and asks for later.
// A caller that knows nothing of tasks gets the result of an `optional` tool as always, and an error from a `required` one.
enum class TaskSupport { forbidden, optional, required };
// When: as soon as the call came in, or when the handler says `co_await call.begin_task()`. What is asked before that is asked in the
// call itself; what is asked afterwards makes the task wait for input. (A caller of the legacy era gets its task at once in any case.)
enum class TaskStart { at_once, by_handler };
// What becomes of a task whose handler ran when the process ended: it fails and says so, or its handler runs again from its start.
// A task that waited for input waits on in either case.
enum class TaskRestart { fail, run_again };

enum class TaskStatus { working, input_required, completed, failed, cancelled };
// The name on the wire, such as input_required.
std::string_view task_status_name(TaskStatus status);
std::optional<TaskStatus> find_task_status(std::string_view name);
// Whether a task of this status has ended for good.
inline bool has_ended(TaskStatus status) { return status != TaskStatus::working && status != TaskStatus::input_required; }

// A task as it is kept. Texts that are called JSON are one JSON value, or empty.
struct StoredTask {
  std::string id;
  std::string owner;  // whose task it is; opaque
  std::string tool;
  std::string arguments;  // JSON
  std::string client;     // JSON: what is known of the caller
  TaskStatus status = TaskStatus::working;
  std::string message;  // for people
  std::chrono::system_clock::time_point created = {};
  std::chrono::system_clock::time_point updated = {};
  std::chrono::milliseconds ttl = {};   // from `created`; the task is deleted afterwards
  std::chrono::milliseconds poll = {};  // how often a client may ask
  std::string requests;                 // JSON: what the client has not answered yet
  std::string answers;                  // JSON: what it has
  std::string state;                    // what the handler gave to ask()
  std::string outcome;                  // JSON: the result of a completed task, the error of a failed one

  bool expired(std::chrono::system_clock::time_point now) const { return now - created >= ttl; }
};

// How many tasks may be kept. One more is refused until old ones have expired.
struct TaskLimits {
  std::size_t all = 10'000;
  std::size_t of_one_owner = 1'000;
};

// Where tasks are kept. One store serves one server at a time.
// Threads: one call at a time; the server sees to it.
class TaskStore {
 public:
  using Time = std::chrono::system_clock::time_point;
  // Where a page of a list begins: behind the task that was created then, with that id.
  struct Place {
    Time created = {};
    std::string id;
  };

  virtual ~TaskStore() = default;
  // Whether calls may wait for a disk or a network. They are made on a worker thread then.
  virtual bool blocks() const = 0;

  // Keeps a new task; durable when it returns. Tasks that have expired at `now` are deleted before the limits are looked at.
  // Errors: conflict (the id is taken), rate_limited (a limit), internal.
  virtual Result<> insert(const StoredTask& task, const TaskLimits& limits, Time now) = 0;
  // Replaces a task; durable when it returns. Errors: not_found, conflict (it has ended: that does not change), internal.
  virtual Result<> update(const StoredTask& task) = 0;
  // The task, or nothing. Errors: internal.
  virtual Result<std::optional<StoredTask>> find(std::string_view id) = 0;
  // At most `most` of an owner's tasks, the oldest first, from behind `after`. Errors: internal.
  virtual Result<std::vector<StoredTask>> list(std::string_view owner, const Place& after, std::size_t most) = 0;
  // The tasks that have not ended, for a server that starts. Errors: internal.
  virtual Result<std::vector<StoredTask>> open_tasks() = 0;
  // Deletes what has expired at `now`. Errors: internal.
  virtual Result<> expire(Time now) = 0;
  // Deletes one. Not an error when there is none.
  virtual Result<> remove(std::string_view id) = 0;
};

// Tasks in memory: they end with the process.
std::shared_ptr<TaskStore> memory_task_store();
// Tasks in a SQLite file (created with mode 0600), which survive the process. In a library of its own: link mcp_task_store.
// Errors: conflict (written by a newer version, or in use by another process), internal.
Result<std::shared_ptr<TaskStore>> open_task_store(const std::string& path);

// How a server keeps its tasks: server.tasks({.store = *mcp::open_task_store("tasks.db"), .ttl = std::chrono::hours(24)}).
struct TaskOptions {
  std::shared_ptr<TaskStore> store = {};     // in memory when there is none
  std::chrono::milliseconds ttl{3'600'000};  // how long a task is kept from its creation; a caller may ask for less
  std::chrono::milliseconds poll{1'000};     // how often callers are told to ask
  TaskLimits limits = {};
  std::function<TaskStore::Time()> now = {};  // the clock; the system's when there is none
};

}  // namespace mcp
