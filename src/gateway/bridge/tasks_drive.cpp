// The part of TaskBridge that follows a task to its end inside of a call, for clients that know nothing of tasks.
#include <algorithm>

#include "base/json.h"
#include "gateway/bridge/tasks.h"
#include "protocol/results.h"
#include "protocol/splice.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Millis;
using base::Result;
using base::Task;
using mcp::TaskStatus;
using protocol::Method;
using protocol::TaskState;
using sdk::Reply;

namespace {

// A cancellation that nobody waits for.
constexpr Millis kCancelTime{5'000};
// A client that wants progress hears at least this often that the task lives.
constexpr Millis kSignOfLife{10'000};
constexpr std::size_t kMostAnswered = 200;
constexpr Millis kFirstLook{500};

std::string id_params(std::string_view id, std::string_view more) {
  std::string out = "{\"taskId\":" + base::quoted(id);
  if (!more.empty()) out.append(",").append(more);
  return out += '}';
}

bool has_text(std::string_view array, std::string_view text) {
  base::Elements elements(array);
  while (elements.next())
    if (auto one = base::json_string(elements.value()); one && *one == text) return true;
  return false;
}

std::size_t count_of(std::string_view array) {
  std::size_t count = 0;
  base::Elements elements(array);
  while (elements.next()) ++count;
  return count;
}

// `array` of texts, with the keys of `object` behind.
std::string with_keys(std::string_view array, std::string_view object) {
  std::string out(array.substr(0, array.size() - 1));
  base::Members members(object);
  while (members.next()) out.append(out.size() > 1 ? "," : "").append(base::quoted(members.key()));
  return out += ']';
}

// The members of `requests` whose keys are not in `answered`.
std::string unanswered(std::string_view requests, std::string_view answered) {
  std::string out = "{";
  if (!base::is_object(requests)) return "{}";
  base::Members members(requests);
  while (members.next())
    if (!has_text(answered, members.key())) out.append(out.size() > 1 ? "," : "").append(members.raw());
  return out += '}';
}

// The status of a task as progress of the call; what it is worth nobody knows, but it grows.
class Pulse {
 public:
  explicit Pulse(const std::function<void(Method, std::string_view)>& tell) : tell_(tell) {}
  void beat(const TaskState& task) {
    if (!tell_) return;
    const base::Instant now = base::Timers::now();
    if (count_ > 0 && task.message == last_ && now - at_ < kSignOfLife) return;
    last_ = task.message;
    at_ = now;
    std::string params = "{\"progressToken\":0,\"progress\":" + std::to_string(++count_);
    if (!last_.empty()) params += ",\"message\":" + base::quoted(last_);
    tell_(Method::progress, params + "}");
  }

 private:
  const std::function<void(Method, std::string_view)>& tell_;
  std::string last_;
  base::Instant at_{};
  std::uint64_t count_ = 0;
};

Result<Reply> outcome_of(const TaskState& task, const std::string& server) {
  if (task.status == TaskStatus::completed) {
    if (task.result.empty()) return Error(Code::upstream_failed, "server '" + server + "': the task is complete and has no result");
    return Reply(task.result);
  }
  if (task.status == TaskStatus::failed) return Reply(task_error(task.error));
  return Error(Code::upstream_failed,
               "server '" + server + "' cancelled the task of this call" + (task.message.empty() ? std::string() : ": " + task.message));
}

}  // namespace

Task<Reply> TaskBridge::about(const TaskHost* host, const HandedTask* task, Method method, std::string more, std::stop_token stop) {
  const std::string params = id_params(task->id, more);
  const std::string capabilities = with_task_extension(task->audience.capabilities);
  LinkRequest request;
  request.method = method;
  request.audience = task->audience;
  request.params = params;
  request.client_capabilities = capabilities;
  request.stop = std::move(stop);
  request.headers = host->headers;
  request.deadline = base::Timers::now() + host->upstream->config().deadline;
  co_return co_await host->upstream->request(std::move(request));
}

Task<TaskState> TaskBridge::look(const TaskHost* host, const HandedTask* task, std::stop_token stop) {
  std::string nothing;
  Reply reply = co_await about(host, task, Method::tasks_get, std::move(nothing), std::move(stop));
  if (reply.error()) co_await mcp::fail(protocol::from_rpc(*reply.error()));
  auto state = protocol::read_task(reply.result());
  if (!state) co_await mcp::fail(std::move(state).error().in("server '" + task->server + "'"));
  if (state->id != task->id)
    co_await mcp::fail(Code::upstream_failed, "server '" + task->server + "' answered for another task than the one that was asked for");
  co_return *std::move(state);
}

// Tells the upstream, also when the call is over already.
Task<void> TaskBridge::abandon(TaskHost host, HandedTask task) {
  const std::string params = id_params(task.id, {});
  const std::string capabilities = with_task_extension(task.audience.capabilities);
  LinkRequest request;
  request.method = Method::tasks_cancel;
  request.audience = task.audience;
  request.params = params;
  request.client_capabilities = capabilities;
  request.headers = host.headers;
  request.deadline = base::Timers::now() + kCancelTime;
  (void)co_await host.upstream->request(std::move(request)).result();
}

Task<Reply> TaskBridge::drive_extension(const TaskHost* host, LinkRequest* request, DrivenTask driven) {
  const base::Instant until = base::Timers::now() + kPatience;
  Pulse pulse(request->on_notification);
  for (;;) {
    Result<TaskState> state = co_await look(host, &driven.task, request->stop).result();
    const bool late = base::Timers::now() >= until;
    if (request->stop.stop_requested() || late) {
      if (!state || !mcp::has_ended(state->status)) co_await abandon(*host, driven.task);
      if (late) co_return Error(Code::timeout, "server '" + driven.task.server + "': the task of this call did not end in time");
      co_return Error(Code::cancelled, "the call was cancelled");
    }
    if (!state) co_return std::move(state).error();
    if (mcp::has_ended(state->status)) co_return outcome_of(*state, driven.task.server);
    if (state->status == TaskStatus::input_required) {
      const std::string fresh = unanswered(state->input_requests, driven.answered);
      if (fresh != "{}") {
        const std::string carried = base::quoted(seal_driven(carrier_, driven, std::chrono::system_clock::now()));
        co_return Reply("{\"resultType\":\"input_required\",\"inputRequests\":" + fresh + ",\"requestState\":" + carried + "}");
      }
    }
    pulse.beat(*state);
    co_await loop_.timers().sleep(task_pause(*state), request->stop);
  }
}

// A round of input came back: what it says goes to the task.
Task<Reply> TaskBridge::resume(const TaskHost* host, LinkRequest* request, DrivenTask driven) {
  const std::string_view responses = base::find_member(request->params, "inputResponses");
  if (base::is_object(responses)) {
    std::string fresh = unanswered(responses, driven.answered);
    if (fresh != "{}") {
      std::string more = "\"inputResponses\":" + fresh;
      Reply reply = co_await about(host, &driven.task, Method::tasks_update, std::move(more), request->stop);
      if (reply.error()) co_return std::move(reply);
      driven.answered = with_keys(driven.answered, fresh);
      if (count_of(driven.answered) > kMostAnswered) {
        co_await abandon(*host, driven.task);
        co_return Error(Code::upstream_failed, "server '" + driven.task.server + "': the task of this call asks without end");
      }
    }
  }
  co_return co_await drive_extension(host, request, std::move(driven));
}

// What runs beside a call that waits for a legacy task, and tells its client of the task's status.
struct TaskBridge::Following {
  TaskHost host;
  HandedTask task;
  std::function<void(Method, std::string_view)> tell;
  std::stop_source stop;
};

Task<void> TaskBridge::follow_status(std::shared_ptr<Following> following) {
  Pulse pulse(following->tell);
  const std::stop_token stop = following->stop.get_token();
  // The request that waits for the result comes first: some servers ask whoever looks, where nobody waits.
  co_await loop_.timers().sleep(kFirstLook, stop);
  while (!stop.stop_requested() && !work_.stop_token().stop_requested()) {
    Result<TaskState> state = co_await look(&following->host, &following->task, stop).result();
    if (!state || mcp::has_ended(state->status) || stop.stop_requested()) co_return;
    pulse.beat(*state);
    co_await loop_.timers().sleep(task_pause(*state), stop);
  }
}

// tasks/result waits for the end, and is the stream on which the upstream asks.
Task<Reply> TaskBridge::drive_core(const TaskHost* host, LinkRequest* request, HandedTask task) {
  const std::string params = id_params(task.id, {});
  LinkRequest wait;
  wait.method = Method::tasks_result;
  wait.audience = task.audience;
  wait.params = params;
  wait.client_capabilities = request->client_capabilities;
  wait.log_level = request->log_level;
  wait.headers = host->headers;
  wait.stop = request->stop;
  wait.deadline = base::Timers::now() + kPatience;
  wait.on_notification = request->on_notification;
  wait.on_question = request->on_question;

  // It ends with this frame, however that ends.
  struct Beside {
    std::shared_ptr<Following> following;
    ~Beside() {
      if (following) following->stop.request_stop();
    }
  } beside;
  if (request->on_notification) {
    beside.following = std::make_shared<Following>();
    beside.following->host = *host;
    beside.following->task = task;
    beside.following->tell = request->on_notification;
    work_.spawn(follow_status(beside.following));
  }
  Result<Reply> reply = co_await host->upstream->request(std::move(wait)).result();
  if (!reply) {
    const Code code = reply.error().code;
    if (code == Code::cancelled || code == Code::timeout || request->stop.stop_requested()) co_await abandon(*host, task);
    co_return std::move(reply).error();
  }
  if (reply->error()) co_return std::move(reply);
  co_return Reply(protocol::with_meta(reply->result(), {}, {protocol::meta_key::kRelatedTask}));
}

}  // namespace gateway
