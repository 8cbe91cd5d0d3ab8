// The part of ClientCore that follows tasks (tasks extension; for the legacy era "Tasks" of the revision that had them).
#include <algorithm>
#include <random>

#include "base/any_stop.h"
#include "base/json.h"
#include "protocol/splice.h"
#include "sdk/client_core.h"

namespace sdk {

using mcp::RemoteTask;
using mcp::TaskStatus;

namespace {

constexpr Millis kCancelTime{5'000};

std::string id_params(std::string_view id) { return "{\"taskId\":" + base::quoted(id) + "}"; }

// Up to a tenth more, so that many followers do not look at the same moment.
Millis pause_of(const RemoteTask& task, const mcp::TaskFollowing& following) {
  thread_local std::minstd_rand random{std::random_device{}()};
  auto pause = std::clamp(task.pause, following.least_pause, std::max(following.least_pause, following.most_pause));
  return std::chrono::duration_cast<Millis>(pause) + Millis(std::uniform_int_distribution<std::int64_t>(0, pause.count() / 10)(random));
}

mcp::RequestOptions without_progress(const mcp::RequestOptions& options) {
  mcp::RequestOptions out;
  out.stop = options.stop;
  return out;
}

}  // namespace

mcp::Result<RemoteTask> read_remote_task(JsonView in) {
  JsonView task = in["task"].is(JsonView::Kind::object) ? in["task"] : in;
  RemoteTask out;
  out.id = task["taskId"].string_or("");
  if (out.id.empty()) return Error(Code::upstream_failed, "the task has no taskId");
  auto status = mcp::find_task_status(task["status"].string_or(""));
  if (!status) return Error(Code::upstream_failed, "the task has no status that is known");
  out.status = *status;
  out.message = task["statusMessage"].string_or("");
  out.created_at = task["createdAt"].string_or("");
  out.updated_at = task["lastUpdatedAt"].string_or("");
  // The legacy era has `ttl` and `pollInterval`.
  auto ttl = task["ttlMs"].integer() ? task["ttlMs"].integer() : task["ttl"].integer();
  auto pause = task["pollIntervalMs"].integer() ? task["pollIntervalMs"].integer() : task["pollInterval"].integer();
  if (ttl && *ttl >= 0) out.ttl = std::chrono::milliseconds(*ttl);
  if (pause && *pause >= 0) out.pause = std::chrono::milliseconds(std::min<std::int64_t>(*pause, 86'400'000));
  if (out.status == TaskStatus::completed && task["result"]) {
    auto result = read_tool_result(task["result"]);
    if (!result) return std::move(result).error();
    out.result = *std::move(result);
  }
  if (out.status == TaskStatus::failed && task["error"].is(JsonView::Kind::object)) {
    protocol::RpcError error;
    error.code = static_cast<int>(task["error"]["code"].integer_or(protocol::kInternalError));
    error.message = task["error"]["message"].string_or("the task failed");
    if (task["error"]["data"]) error.data = task["error"]["data"].text();
    out.error = protocol::from_rpc(error);
  }
  return out;
}

bool ClientCore::follows_tasks() const { return options_.tasks.has_value(); }

Task<RemoteTask> ClientCore::start_tool(std::string name, std::string arguments) {
  if (!follows_tasks()) co_return Error(Code::conflict, "start_tool needs ClientOptions::tasks");
  RequestOptions options;
  std::string text = co_await call(std::move(name), std::move(arguments), std::move(options));
  Json json = co_await Json::parse(text);
  const bool legacy = !connection_->modern() && json["task"];
  if (legacy || json["resultType"].string_or("") == "task") co_return read_remote_task(json.root());
  RemoteTask out;
  out.status = TaskStatus::completed;
  mcp::ToolResult result = co_await read_tool_result(json.root());
  out.result = std::move(result);
  co_return out;
}

Task<RemoteTask> ClientCore::look(std::string id, RequestOptions options) {
  Ask ask;
  ask.method = Method::tasks_get;
  ask.params = id_params(id);
  ask.options = without_progress(options);
  std::string text = co_await once(std::move(ask));
  Json json = co_await Json::parse(text);
  RemoteTask task = co_await read_remote_task(json.root());
  if (task.id != id) co_return Error(Code::upstream_failed, "the server answered for another task than the one that was asked for");
  if (connection_->modern() || !task.ended() || task.status == TaskStatus::cancelled) co_return task;
  // The legacy era keeps the outcome apart.
  Result<std::string> outcome = co_await legacy_outcome(std::move(id), std::move(options)).result();
  if (outcome) {
    Json result = co_await Json::parse(*outcome);
    mcp::ToolResult read = co_await read_tool_result(result.root());
    task.result = std::move(read);
    task.status = TaskStatus::completed;
  } else {
    task.error = std::move(outcome).error();
  }
  co_return task;
}

// Waits, in the legacy era, for the end of the task; what it asks meanwhile comes to answer().
Task<std::string> ClientCore::legacy_outcome(std::string id, RequestOptions options) {
  Ask ask;
  ask.method = Method::tasks_result;
  ask.params = id_params(id);
  ask.options = without_progress(options);
  ask.options.deadline = options_.tasks->patience;
  ask.repeat = net::Repeat::harmless;
  co_return co_await once(std::move(ask));
}

Task<RemoteTask> ClientCore::task(std::string id) {
  if (!follows_tasks()) co_return Error(Code::conflict, "task needs ClientOptions::tasks");
  RequestOptions options;
  co_return co_await look(std::move(id), std::move(options));
}

Task<void> ClientCore::cancel_task(std::string id) {
  if (!follows_tasks()) co_await mcp::fail(Code::conflict, "cancel_task needs ClientOptions::tasks");
  Ask ask;
  ask.method = Method::tasks_cancel;
  ask.params = id_params(id);
  ask.options.deadline = kCancelTime;
  (void)co_await once(std::move(ask));
}

// Answers what a task asks and was not answered yet: a key is asked for once in a task's life.
Task<void> ClientCore::feed(const RemoteTask& task, std::string requests, std::vector<std::string>* answered, RequestOptions options) {
  std::string fresh = "{";
  base::Members members(requests);
  while (members.next()) {
    std::string key(members.key());
    if (std::find(answered->begin(), answered->end(), key) != answered->end()) continue;
    fresh.append(fresh.size() > 1 ? "," : "").append(members.raw());
    answered->push_back(std::move(key));
  }
  if (members.error()) co_await mcp::fail(Code::upstream_failed, std::string("the task's questions are malformed: ") + members.error());
  fresh += "}";
  if (fresh.size() == 2) co_return;
  std::string answers = co_await answer_all(std::move(fresh), options.stop);
  Ask ask;
  ask.method = Method::tasks_update;
  ask.params = "{\"taskId\":" + base::quoted(task.id) + ",\"inputResponses\":" + answers + "}";
  ask.options = without_progress(options);
  (void)co_await once(std::move(ask));
}

Task<mcp::ToolResult> ClientCore::follow_until_ended(std::string id, RequestOptions options) {
  std::vector<std::string> answered;
  const Instant until = base::Timers::now() + std::chrono::duration_cast<Millis>(options_.tasks->patience);
  for (;;) {
    if (options.stop.stop_requested()) co_return Error(Code::cancelled, "the call was cancelled");
    if (base::Timers::now() >= until) co_return Error(Code::timeout, "the task did not end in time");
    Ask ask;
    ask.method = Method::tasks_get;
    ask.params = id_params(id);
    ask.options = without_progress(options);
    std::string text = co_await once(std::move(ask));
    Json json = co_await Json::parse(text);
    RemoteTask task = co_await read_remote_task(json.root());
    if (task.id != id) co_return Error(Code::upstream_failed, "the server answered for another task than the one that was asked for");
    if (options.on_progress && !task.message.empty()) options.on_progress(0, std::nullopt, task.message);
    const bool asks = task.status == TaskStatus::input_required;
    if (task.status == TaskStatus::cancelled) co_return Error(Code::cancelled, "the server cancelled the task: " + task.message);
    if (!connection_->modern() && (asks || task.ended())) {
      std::string outcome = co_await legacy_outcome(id, options);
      Json result = co_await Json::parse(outcome);
      co_return read_tool_result(result.root());
    }
    if (task.status == TaskStatus::failed) co_return task.error.value_or(Error(Code::upstream_failed, "the task failed: " + task.message));
    if (task.status == TaskStatus::completed) {
      if (!task.result) co_return Error(Code::upstream_failed, "the task is complete and has no result");
      co_return *std::move(task.result);
    }
    if (asks) co_await feed(task, json["inputRequests"].text(), &answered, options);
    Millis pause = pause_of(task, *options_.tasks);
    co_await loop_.timers().sleep(std::min(pause, std::chrono::ceil<Millis>(until - base::Timers::now())), options.stop);
  }
}

Task<mcp::ToolResult> ClientCore::follow(std::string id, RequestOptions options) {
  if (!follows_tasks()) co_return Error(Code::conflict, "follow_task needs ClientOptions::tasks");
  base::AnyStop stop(options.stop, closing_.get_token());
  options.stop = stop.token();
  Result<mcp::ToolResult> result = co_await follow_until_ended(id, options).result();
  const Code code = result ? Code::internal : result.error().code;
  const bool given_up = code == Code::timeout || (code == Code::cancelled && options.stop.stop_requested());
  // A request that is given up would end by itself; a task does not.
  if (given_up && !closing_.stop_requested()) (void)co_await cancel_task(std::move(id)).result();
  co_return result;
}

}  // namespace sdk
