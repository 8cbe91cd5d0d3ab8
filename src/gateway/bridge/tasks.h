// Tasks of upstreams and tasks of clients, of both eras, into each other (tasks extension, SEP-2663; "Tasks" of one legacy revision).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/task_group.h"
#include "gateway/bridge/task_ids.h"
#include "gateway/bridge/task_news.h"
#include "gateway/bridge/task_offer.h"
#include "gateway/bridge/task_stores.h"
#include "gateway/bridge/task_watch.h"
#include "gateway/catalog.h"
#include "gateway/upstream/upstream.h"
#include "sdk/session.h"

namespace gateway {

// What has to be known of a call whose request goes to an upstream; it may go on after its client went away to think.
struct TaskCall {
  // Where the client called. Behind a route of its own, a server's refusal to serve a modern client without tasks stays a refusal.
  enum class Route { aggregate, own };

  TaskCall(std::shared_ptr<Upstream> to, const Entry& tool, const sdk::Inbound& in, Route where)
      : upstream(std::move(to)), entry(&tool), route(where), era(in.rpc.era), has_tasks(client_has_tasks(in)), wish(in.rpc.params.task) {
    if (in.session) session = in.session->id();
  }

  std::shared_ptr<Upstream> upstream;
  const Entry* entry;  // whoever made this keeps its catalog
  Route route;
  protocol::Era era;
  bool has_tasks;       // the client may be given a task
  std::string wish;     // `task` of the params, JSON text or empty
  std::string session;  // of a legacy client; empty: none

  const std::string& name() const { return route == Route::own ? entry->name : entry->public_name; }
};

// A request about a task: tasks/get, tasks/update, tasks/cancel, tasks/result. What it points to lives until it is answered.
struct TaskAsk {
  TaskHost host;
  const HandedTask* task = nullptr;
  std::string_view id;  // as the client knows the task
  const sdk::Inbound* in = nullptr;
  sdk::Outlet* out = nullptr;
  std::stop_token stop;
};

// A task stays where it was made: at its upstream. The id that a client gets says where that is, so that any instance finds it. What is
// kept here is what has no place there: results for callers who wanted a task and got an answer, and open questions of legacy servers.
// Owns: these, and the work that goes on for them. Errors name the upstream.
// Threads: one loop only. stop() before destroying it.
class TaskBridge {
 public:
  // A task that a caller waits for inside of a call ends after so long.
  static constexpr base::Millis kPatience{3'600'000};

  TaskBridge(base::Loop& loop, const Carrier& carrier) : loop_(loop), carrier_(carrier), watches_(loop) {}

  // Sends a call to its upstream, and gives what its client can take: a task in its era's words where it may have one, else the result,
  // for which the task is followed to its end; input_required meanwhile where the upstream is modern, LinkRequest::on_question where it
  // is legacy. A call that is given up cancels its task.
  // Errors: as Upstream::request.
  base::Task<sdk::Reply> call(TaskCall call, LinkRequest request);

  // The task that `caller` knows by `id`. Errors: invalid_argument.
  base::Result<HandedTask> open(std::string_view id, std::string_view caller) const;
  // Errors: as Upstream::request; cancelled by `stop`.
  base::Task<sdk::Reply> answer(TaskAsk ask);

  // tasks/list: what this instance gave to `caller`, on this route (`scope`: one server, or empty).
  // Where a task is, by its server and tool. One without an upstream: not for this caller, or there is no such server.
  using Find = std::function<TaskHost(std::string_view server, std::string_view tool)>;
  base::Task<sdk::Reply> list(const sdk::Inbound* in, std::string caller, std::string scope, Find find, std::stop_token stop);

  base::Task<void> stop();

  // Tells of the tasks of `follow`, first how they stand, until all have ended or `stop`. Ends also when their server is gone, or has no
  // tasks any more. No errors.
  base::Task<void> follow(TaskFollow* follow, std::stop_token stop);
  // Whether there is such a task, as far as anybody can say now.
  base::Task<bool> exists(const TaskHost* host, const HandedTask* task, std::stop_token stop);
  // A legacy server says how one of its tasks stands, in the session of `audience`.
  void heard(std::string_view server, const Audience& audience, std::string_view params);

  // A stream on which a legacy client hears what belongs to no request, and may be asked what a task asks, as long as this lives.
  class Stream {
   public:
    Stream(TaskBridge& bridge, std::string session, sdk::Outlet& out);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

   private:
    friend class TaskBridge;
    TaskBridge& bridge_;
    std::string session_;
    sdk::Outlet* out_;
    std::stop_source stop_;
  };

 private:
  enum class Wish { none, extension, core };  // what the client asked for
  struct Following;

  // tasks_call.cpp
  base::Task<sdk::Reply> call_with_tasks(TaskCall call, LinkRequest request);
  base::Task<sdk::Reply> call_extension(TaskCall* call, LinkRequest* request, Wish wish);
  base::Task<sdk::Reply> call_core(TaskCall* call, LinkRequest* request, Wish wish);
  sdk::Reply hold(const TaskCall& call, const Audience& audience, std::string result);
  std::string hand_out(const HandedTask& task, protocol::TaskState* state);

  // tasks_drive.cpp
  base::Task<sdk::Reply> drive_extension(const TaskHost* host, LinkRequest* request, DrivenTask driven);
  base::Task<sdk::Reply> resume(const TaskHost* host, LinkRequest* request, DrivenTask driven);
  base::Task<sdk::Reply> drive_core(const TaskHost* host, LinkRequest* request, HandedTask task);
  base::Task<void> follow_status(std::shared_ptr<Following> following);
  base::Task<void> abandon(TaskHost host, HandedTask task);

  // tasks_answer.cpp
  base::Task<sdk::Reply> answer_extension(TaskAsk* ask);
  base::Task<sdk::Reply> answer_core(TaskAsk* ask);
  sdk::Reply answer_held(const TaskAsk& ask);
  base::Task<sdk::Reply> forward(TaskAsk* ask);
  base::Task<sdk::Reply> get_core(TaskAsk* ask);
  base::Task<sdk::Reply> cancel_core(TaskAsk* ask);
  base::Task<sdk::Reply> result_core(TaskAsk* ask);
  base::Task<sdk::Reply> get_extension(TaskAsk* ask);
  base::Task<sdk::Reply> cancel_extension(TaskAsk* ask);
  base::Task<sdk::Reply> result_extension(TaskAsk* ask);
  base::Task<void> feed(TaskAsk* ask, const protocol::TaskState* state);

  base::Task<protocol::TaskState> detailed_core(const TaskHost* host, const HandedTask* task, std::stop_token stop);

  // tasks_news.cpp
  enum class Followed { a_while, not_now, no_more };
  base::Task<Followed> follow_once(TaskFollow* follow, std::stop_token stop);
  base::Task<bool> listen_on(TaskFollow* follow, const TaskHost* host, std::stop_token stop);
  base::Task<void> look_once(TaskFollow* follow, const TaskHost* host, std::stop_token stop, std::function<void()> end);
  base::Task<protocol::TaskState> look_inside(const TaskHost* host, const HandedTask* task, TaskWords words, std::stop_token stop);
  base::Task<void> look_on(TaskFollow* follow, const TaskHost* host, TaskWords words, std::stop_token stop);
  base::Task<void> look_on_one(TaskFollow* follow, TaskFollow::One* one, const TaskHost* host, TaskWords words, std::stop_token stop);
  void tell_session(const TaskHost& host, const HandedTask& task, const std::string& id, const std::string& session, TaskWords words);

  // tasks_stream.cpp: some clients wait for the question where they hear all else (Tasks, "Input Required Status").
  void ask_on_stream(const TaskAsk& ask, protocol::TaskState state, TaskWords words);
  base::Task<void> ask_extension(TaskAsk ask, HandedTask task, std::string id, protocol::TaskState state);
  base::Task<void> ask_core(TaskAsk ask, HandedTask task, std::string id);
  void note_answered(const std::string& question);

  // One request about a task to its upstream, and the same where the answer is a task.
  base::Task<sdk::Reply> about(const TaskHost* host, const HandedTask* task, protocol::Method method, std::string more,
                               std::stop_token stop);
  base::Task<protocol::TaskState> look(const TaskHost* host, const HandedTask* task, std::stop_token stop);
  base::Task<protocol::TaskState> look_with_outcome(const TaskHost* host, const HandedTask* task, std::stop_token stop);

  base::Loop& loop_;
  const Carrier& carrier_;
  HeldTasks held_;
  TaskLedger ledger_;
  TaskWatches watches_;
  TaskEars ears_;
  std::size_t legacy_follows_ = 0;
  std::set<std::string> needing_;                        // tools that answer nobody who cannot take a task; bounded
  std::set<std::string> asking_;                         // questions that a client is being asked just now
  std::set<std::string> answered_;                       // questions that were answered, of which a server may still speak
  std::deque<std::string> answered_order_;               // the oldest first; bounded
  std::map<std::string, Stream*, std::less<>> streams_;  // by the session
  base::TaskGroup work_;
};

// How long to wait before a task is looked at again.
base::Millis task_pause(const protocol::TaskState& task);
// As legacy clients see it: a tool that reports an error has failed there (Tasks, "Task Status").
protocol::TaskState legacy_view(protocol::TaskState task);
// A JSON-RPC error from its JSON text.
protocol::RpcError task_error(std::string_view json);
protocol::RpcError no_such_task();

// Where a legacy client is asked for one of its tasks, as long as that can be. Closing it gives up what is still asked, inside of the
// destructor.
class TaskDesk {
 public:
  TaskDesk(sdk::Outlet& out, std::string id);
  ~TaskDesk();
  TaskDesk(const TaskDesk&) = delete;
  TaskDesk& operator=(const TaskDesk&) = delete;

  // Asks; the question names the task. May be called, and the Task run on, after the desk was closed: then it ends with cancelled.
  using OnQuestion = decltype(LinkRequest::on_question);
  OnQuestion on_question() const;
  void close();

 private:
  struct State;
  static base::Task<std::string> ask(std::shared_ptr<State> state, protocol::Method method, std::string params);
  std::shared_ptr<State> state_;
};

}  // namespace gateway
