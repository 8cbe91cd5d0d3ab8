// The part of TaskBridge that sends calls.
#include <algorithm>

#include "base/json.h"
#include "gateway/bridge/tasks.h"
#include "gateway/upstream/sessioned_link.h"
#include "protocol/results.h"
#include "protocol/splice.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using mcp::TaskStatus;
using protocol::Era;
using protocol::Method;
using protocol::TaskState;
using sdk::Reply;

namespace {

constexpr std::size_t kMostNeeding = 1'000;

std::string tool_key(const TaskCall& call) { return call.entry->server->id + "/" + call.entry->real(); }

// The upstream refuses whoever cannot take a task.
bool wants_extension(Reply& reply) {
  const protocol::RpcError* error = reply.error();
  return error && error->code == protocol::kMissingCapability && error->data.find(protocol::kTasksExtension) != std::string::npos;
}

bool created_core(std::string_view result) {
  return base::is_object(result) && base::is_object(base::find_member(result, "task")) && base::find_member(result, "content").empty();
}

protocol::RpcError not_as_task(const TaskCall& call) {
  protocol::RpcError error = protocol::method_not_found(protocol::method_name(Method::tools_call));
  error.message = "the tool '" + call.name() + "' cannot be called as a task: leave `task` out";
  return error;
}

}  // namespace

base::Millis task_pause(const TaskState& task) {
  auto pause = task.poll.value_or(base::Millis(1'000));
  return std::clamp<base::Millis>(pause, base::Millis(50), base::Millis(30'000));
}

TaskState legacy_view(TaskState task) {
  const bool error =
      task.status == TaskStatus::completed && base::is_object(task.result) && base::find_member(task.result, "isError") == "true";
  if (error) task.status = TaskStatus::failed;
  return task;
}

protocol::RpcError task_error(std::string_view json) {
  protocol::RpcError error;
  const std::string_view object = base::is_object(json) ? json : std::string_view("{}");
  error.code = static_cast<int>(base::json_integer(base::find_member(object, "code")).value_or(protocol::kInternalError));
  error.message = base::json_string(base::find_member(object, "message")).value_or("the task failed");
  error.data = base::find_member(object, "data");
  return error;
}

protocol::RpcError no_such_task() { return protocol::invalid_params("there is no such task (any more)"); }

// Nearly every call has nothing to do with tasks: it goes on as it came.
Task<Reply> TaskBridge::call(TaskCall call, LinkRequest request) {
  const bool tool = request.method == Method::tools_call;
  if (!tool || (call.wish.empty() && !offers_tasks(call.entry->server->capabilities))) return call.upstream->request(std::move(request));
  return call_with_tasks(std::move(call), std::move(request));
}

Task<Reply> TaskBridge::call_with_tasks(TaskCall call, LinkRequest request) {
  Wish wish = Wish::none;
  if (call.has_tasks && call.era == Era::modern) wish = Wish::extension;
  if (call.has_tasks && call.era == Era::legacy && !call.wish.empty()) wish = Wish::core;
  if (wish == Wish::core) {
    auto read = protocol::read_task_wish(call.wish);
    if (!read) co_return Reply(std::move(read.error()));
  }
  const std::string plain = protocol::without_members(request.params, {"task"});
  request.params = plain;
  auto connected = std::min(request.deadline, base::Timers::now() + call.upstream->config().connect_timeout);
  co_await call.upstream->open(request.stop, connected);
  const Hello* hello = call.upstream->hello();
  const TaskWords words = hello ? task_words(*hello) : TaskWords::none;
  if (words == TaskWords::extension) co_return co_await call_extension(&call, &request, wish);
  if (words == TaskWords::core) co_return co_await call_core(&call, &request, wish);
  // The route of a server without tasks does not speak of them, and who asks for one there is served as if not ("Tasks", "Capabilities").
  if (wish == Wish::core && call.route == TaskCall::Route::aggregate) co_return Reply(not_as_task(call));
  co_return co_await call.upstream->request(std::move(request));
}

// Notes that the client is told of this task. Gives the client's id for it, also into `state`.
std::string TaskBridge::hand_out(const HandedTask& task, TaskState* state) {
  const WallTime now = std::chrono::system_clock::now();
  state->id = seal_task(carrier_, task, state->ttl, now);
  ledger_.add(task.audience.caller, task.server, *state, now);
  return state->id;
}

Reply TaskBridge::hold(const TaskCall& call, const Audience& audience, std::string result) {
  auto ttl = protocol::read_task_wish(call.wish);
  TaskState state = held_.add(std::move(result), ttl ? *ttl : base::Millis(0), std::chrono::system_clock::now());
  HandedTask handed{HandedTask::Where::held, call.entry->server->id, state.id, call.entry->real(), audience};
  hand_out(handed, &state);
  return Reply(protocol::encode_created_task(Era::legacy, legacy_view(std::move(state))));
}

Task<Reply> TaskBridge::call_extension(TaskCall* call, LinkRequest* request, Wish wish) {
  const TaskHost host{call->upstream, request->headers};
  const std::string with_extension = with_task_extension(request->client_capabilities);
  auto state = base::json_string(base::find_member(request->params, "requestState"));
  if (state && is_driven(*state)) {
    auto driven = open_driven(carrier_, *state, request->audience.caller, std::chrono::system_clock::now());
    if (!driven || driven->task.server != call->entry->server->id)
      co_return Reply(protocol::invalid_params("requestState is not good any more: call the tool again"));
    request->client_capabilities = with_extension;
    co_return co_await resume(&host, request, *std::move(driven));
  }
  // Behind its own route a server may refuse modern clients that cannot take a task.
  const bool may_drive = wish == Wish::none && (call->era == Era::legacy || call->route == TaskCall::Route::aggregate);
  const bool declare = wish != Wish::none || (may_drive && needing_.contains(tool_key(*call)));
  LinkRequest first = *request;
  if (declare) first.client_capabilities = with_extension;
  Reply reply = co_await call->upstream->request(std::move(first));
  if (!declare && may_drive && wants_extension(reply)) {
    // It has not begun: the refusal comes before the tool.
    if (needing_.size() < kMostNeeding) needing_.insert(tool_key(*call));
    LinkRequest second = *request;
    second.client_capabilities = with_extension;
    reply = co_await call->upstream->request(std::move(second));
  }
  if (reply.error()) co_return std::move(reply);
  const protocol::ResultType type = protocol::result_type(reply.result());
  if (type == protocol::ResultType::complete && wish == Wish::core) co_return hold(*call, request->audience, std::string(reply.result()));
  if (type != protocol::ResultType::task) co_return std::move(reply);

  auto made = protocol::read_task(reply.result());
  if (!made) co_await mcp::fail(std::move(made).error().in("server '" + call->entry->server->id + "'"));
  HandedTask handed{HandedTask::Where::upstream, call->entry->server->id, made->id, call->entry->real(), request->audience};
  if (wish == Wish::none) {
    request->client_capabilities = with_extension;
    DrivenTask driven{std::move(handed), "[]"};
    co_return co_await drive_extension(&host, request, std::move(driven));
  }
  const std::string id = base::quoted(hand_out(handed, &*made));
  if (wish == Wish::core) {
    tell_session(host, handed, made->id, call->session, TaskWords::extension);
    co_return Reply(protocol::encode_created_task(Era::legacy, *made));
  }
  co_return Reply(protocol::with_members(reply.result(), {{"taskId", id}}));
}

Task<Reply> TaskBridge::call_core(TaskCall* call, LinkRequest* request, Wish wish) {
  const TaskHost host{call->upstream, request->headers};
  const std::string& support = call->entry->definition->task_support;
  const bool modern = call->era == Era::modern;
  if (wish == Wish::none && support == "required" && modern && call->route == TaskCall::Route::own)
    co_return Reply(
        protocol::missing_capability("the tool '" + call->name() + "' needs a client with the tasks extension", protocol::kTasksRequired));
  // A legacy client says itself what it wants, and its upstream what it thinks of that. For others, what may be a task is one.
  const bool as_task = wish == Wish::core || support == "required" || (wish == Wish::extension && support == "optional");
  std::string params;
  if (as_task) {
    params =
        protocol::with_members(request->params, {{"task", wish == Wish::core ? std::string_view(call->wish) : std::string_view("{}")}});
    request->params = params;
    // Where questions do not say for what they are, a session takes one call that may ask. Tasks say it, and stay where they were made.
    const bool apart = !call->upstream->correlates() && request->audience.handle.empty() && can_be_asked(request->audience);
    if (apart) request->audience.handle = kTaskSession;
  }
  LinkRequest first = *request;
  Reply reply = co_await call->upstream->request(std::move(first));
  if (reply.error() || !as_task || !created_core(reply.result())) co_return std::move(reply);

  auto made = protocol::read_task(reply.result());
  if (!made) co_await mcp::fail(std::move(made).error().in("server '" + call->entry->server->id + "'"));
  HandedTask handed{HandedTask::Where::upstream, call->entry->server->id, made->id, call->entry->real(), request->audience};
  if (wish == Wish::none) co_return co_await drive_core(&host, request, std::move(handed));
  const std::string id = base::quoted(hand_out(handed, &*made));
  if (wish == Wish::extension) {
    // From now on there is somebody to ask, also for servers that do not wait for tasks/result. Without room it is opened when it is
    // needed.
    (void)watches_.open(handed, host);
    co_return Reply(protocol::encode_created_task(Era::modern, *made));
  }
  tell_session(host, handed, made->id, call->session, TaskWords::core);
  const std::string task = protocol::with_members(base::find_member(reply.result(), "task"), {{"taskId", id}});
  const std::string related = "{\"taskId\":" + id + "}";
  const std::string result = protocol::with_members(reply.result(), {{"task", task}});
  std::string_view meta = base::find_member(result, "_meta");
  const bool named = base::is_object(meta) && !base::find_member(meta, protocol::meta_key::kRelatedTask).empty();
  if (!named) co_return Reply(std::string(result));
  co_return Reply(protocol::with_meta(result, {{protocol::meta_key::kRelatedTask, related}}));
}

base::Result<HandedTask> TaskBridge::open(std::string_view id, std::string_view caller) const {
  return open_task(carrier_, id, caller, std::chrono::system_clock::now());
}

Task<void> TaskBridge::stop() {
  work_.stop();
  co_await watches_.stop();
  co_await work_.join();
}

}  // namespace gateway
