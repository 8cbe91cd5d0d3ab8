// The tasks of an SDK server: calls that go on after their request was answered, in both eras.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/blocking.h"
#include "mcp/server.h"
#include "protocol/tasks.h"
#include "sdk/call_state.h"
#include "sdk/handler.h"

namespace sdk {

// What tasks need of the server they belong to.
struct TaskHost {
  // The tool of that name, or null. Tools live as long as the server.
  std::function<mcp::detail::ToolEntry*(std::string_view name)> tool;
  // Runs a tool's handler once.
  std::function<Task<std::string>(mcp::detail::ToolEntry* tool, mcp::Json arguments, std::shared_ptr<CallState> call)> run;
  // Turns a question of a call that is no task (yet) into a reply.
  std::function<Task<std::optional<Reply>>(Error question, std::shared_ptr<CallState> call, std::string context)> ask;
  // Hears of each change of a task. `session` is the id of the legacy session that made it, or empty.
  std::function<void(const mcp::StoredTask& task, const std::string& session)> changed;
  // Runs `ask` with the stream on which that legacy session hears what belongs to no request; does nothing when it has none.
  std::function<void(const std::string& session, std::function<Task<void>(Outlet* out)> ask)> on_stream;
};

// A task is decided on here and kept in the store; what a caller sees is what the store has. A handler that asks its client ends; it is
// run again, from its start, once all that was asked is answered. Progress and log messages of tasks go nowhere: a task has its status.
// After a restart, tasks that wait for input wait on; those that were at work are run again or fail, as their tool says.
// Owns: the handlers of tasks that run. Threads: one loop.
class ServerTasks {
 public:
  // `workers` serve a store that blocks no more than one call at a time.
  ServerTasks(Loop& loop, base::BlockingPool& workers, mcp::TaskOptions options, std::size_t page_size, TaskHost host);
  ~ServerTasks();
  ServerTasks(const ServerTasks&) = delete;
  ServerTasks& operator=(const ServerTasks&) = delete;

  // How a call of `tool` is to be served.
  enum class Way { call, task };
  // Errors: kMissingCapability (a tool that needs tasks, and a client without the extension), kMethodNotFound (the legacy words for a tool
  // that needs a task or forbids it), kInvalidParams.
  protocol::RpcResult<Way> way(const mcp::detail::ToolEntry& tool, const Inbound& in) const;

  // Serves a call that may become a task: gives the new task once it is durable, or what the handler ended with before it made it one.
  Task<Reply> open(mcp::detail::ToolEntry* tool, Inbound in, std::shared_ptr<CallState> call, std::string context);

  // Answers tasks/get, tasks/update, tasks/cancel, and of the legacy era tasks/list and tasks/result.
  Task<Reply> handle(Inbound in, Outlet& out);

  // Those of `ids` that exist and are open to `caller`.
  Task<std::vector<mcp::StoredTask>> find_all(std::vector<std::string> ids, std::string caller);

  // A task as a peer of `revision` is told of it.
  static std::string describe(const protocol::Revision& revision, const mcp::StoredTask& task);

 private:
  struct Live;
  using LivePtr = std::shared_ptr<Live>;
  using Row = mcp::StoredTask;

  LivePtr make_live(Row row, mcp::detail::ToolEntry* tool, std::shared_ptr<CallState> call);
  Task<void> begin(LivePtr live);
  Task<void> run(LivePtr live, std::string context);
  Task<void> finish(LivePtr live, Result<std::string> result);
  Task<void> fail(LivePtr live, protocol::RpcError error);
  Task<bool> park(LivePtr live, Error question);
  Task<void> deliver(LivePtr live, std::vector<std::pair<std::string, std::string>> responses);
  Task<void> commit(LivePtr live);
  void told(const LivePtr& live);
  void enlist(const LivePtr& live);
  void expire(const LivePtr& live);
  void cut(const LivePtr& live);

  Task<Reply> get(Inbound in);
  Task<Reply> update(Inbound in);
  Task<Reply> cancel(Inbound in);
  Task<Reply> list(Inbound in);
  Task<Reply> result(Inbound in, Outlet& out);
  Task<void> ask_one(LivePtr live, std::string key, Outlet* out);
  Task<void> ask_all(LivePtr live, Outlet* out);
  void ask_on_stream(const LivePtr& live, const std::string& session);

  Task<std::optional<Row>> find(std::string id, std::string caller);
  LivePtr live(const std::string& id) const;
  Task<void> recover();
  Task<void> recover_one(Row row);
  Task<void> ready();
  void sweep();
  Task<void> forget(std::string id);
  mcp::TaskStore::Time now() const;

  // Calls of the store, in the order in which they were made.
  template <class T>
  Task<T> stored(std::function<Result<T>()> work);

  Loop& loop_;
  base::BlockingPool& workers_;
  mcp::TaskOptions options_;
  std::shared_ptr<mcp::TaskStore> store_;
  std::size_t page_size_;
  TaskHost host_;
  std::map<std::string, LivePtr, std::less<>> lives_;
  bool ready_ = false;
  base::Waiters recovered_;
  base::Deadline sweep_;
  std::unique_ptr<base::BlockingPool> writer_;  // one thread, when the store blocks
  std::shared_ptr<ServerTasks*> self_;          // for what was posted and arrives after the end
  base::TaskGroup running_;
};

}  // namespace sdk
