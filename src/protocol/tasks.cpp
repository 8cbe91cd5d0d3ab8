#include "protocol/tasks.h"

#include <algorithm>
#include <ctime>

#include "base/json.h"
#include "protocol/splice.h"

namespace protocol {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using mcp::TaskStatus;
using std::chrono::milliseconds;

void add_text(std::string& out, std::string_view key, std::string_view value) {
  out += ",\"";
  out += key;
  out += "\":";
  base::append_json_string(out, value);
}
void add_raw(std::string& out, std::string_view key, std::string_view value) {
  out += ",\"";
  out += key;
  out += "\":";
  out += value;
}

// The members that both shapes have, without the braces.
std::string members_of(Era era, const TaskState& task) {
  const bool modern = era == Era::modern;
  std::string out = "\"taskId\":";
  base::append_json_string(out, task.id);
  add_text(out, "status", mcp::task_status_name(task.status));
  if (!task.message.empty()) add_text(out, "statusMessage", task.message);
  add_text(out, "createdAt", task.created);
  add_text(out, "lastUpdatedAt", task.updated);
  add_raw(out, modern ? "ttlMs" : "ttl", task.ttl ? std::to_string(task.ttl->count()) : "null");
  if (task.poll) add_raw(out, modern ? "pollIntervalMs" : "pollInterval", std::to_string(task.poll->count()));
  return out;
}

Error wrong(std::string_view member, std::string_view what) {
  return Error(Code::upstream_failed, "a task's " + std::string(member) + " is " + std::string(what));
}

Result<std::optional<milliseconds>> read_span(std::string_view value, std::string_view member) {
  if (value.empty() || value == "null") return std::optional<milliseconds>();
  auto number = base::json_integer(value);
  if (!number || *number < 0) return wrong(member, "no number of milliseconds");
  return std::optional<milliseconds>(milliseconds(*number));
}

}  // namespace

std::string encode_created_task(Era era, const TaskState& task) {
  if (era == Era::legacy) return "{\"task\":{" + members_of(era, task) + "}}";
  return "{\"resultType\":\"task\"," + members_of(era, task) + "}";
}

std::string encode_task(Era era, const TaskState& task) {
  std::string out = "{" + members_of(era, task);
  if (era == Era::modern) {
    if (task.status == TaskStatus::input_required) add_raw(out, "inputRequests", task.input_requests.empty() ? "{}" : task.input_requests);
    if (task.status == TaskStatus::completed) add_raw(out, "result", task.result.empty() ? "{}" : task.result);
    if (task.status == TaskStatus::failed) add_raw(out, "error", task.error.empty() ? "{}" : task.error);
  }
  return out += '}';
}

Result<TaskState> read_task(std::string_view json) {
  if (!base::is_object(json)) return Error(Code::upstream_failed, "a task is no object");
  if (std::string_view inner = base::find_member(json, "task"); base::is_object(inner)) json = inner;
  TaskState out;
  std::string_view id, status, message, created, updated, ttl, poll, requests, result, error;
  base::Members members(json);
  while (members.next()) {
    std::string_view key = members.key(), value = members.value();
    if (key == "taskId") id = value;
    if (key == "status") status = value;
    if (key == "statusMessage") message = value;
    if (key == "createdAt") created = value;
    if (key == "lastUpdatedAt") updated = value;
    if (key == "ttlMs" || key == "ttl") ttl = value;
    if (key == "pollIntervalMs" || key == "pollInterval") poll = value;
    if (key == "inputRequests") requests = value;
    if (key == "result") result = value;
    if (key == "error") error = value;
  }
  if (members.error()) return Error(Code::upstream_failed, std::string("a task: ") + members.error());
  auto id_text = base::json_string(id);
  if (!id_text || id_text->empty()) return wrong("taskId", id.empty() ? "missing" : "no text");
  auto name = base::json_string(status);
  auto known = name ? mcp::find_task_status(*name) : std::nullopt;
  if (!known) return wrong("status", status.empty() ? "missing" : "unknown");
  auto lives = read_span(ttl, "ttlMs"), often = read_span(poll, "pollIntervalMs");
  if (!lives) return std::move(lives).error();
  if (!often) return std::move(often).error();
  out.id = *std::move(id_text);
  out.status = *known;
  out.message = base::json_string(message).value_or("");
  out.created = base::json_string(created).value_or("");
  out.updated = base::json_string(updated).value_or("");
  out.ttl = *lives;
  out.poll = *often;
  if (out.status == TaskStatus::input_required && base::is_object(requests)) out.input_requests = requests;
  if (out.status == TaskStatus::completed && base::is_object(result)) out.result = result;
  if (out.status == TaskStatus::failed && base::is_object(error)) out.error = error;
  return out;
}

std::string capabilities_without_tasks(std::string_view capabilities) {
  if (!base::is_object(capabilities)) return "{}";
  if (capabilities.find("tasks") == std::string_view::npos) return std::string(capabilities);
  std::string out = without_members(capabilities, {"tasks"});
  std::string_view extensions = base::find_member(out, "extensions");
  if (!base::is_object(extensions)) return out;
  std::string rest = without_members(extensions, {kTasksExtension});
  return rest == "{}" ? without_members(out, {"extensions"}) : with_members(out, {{"extensions", rest}});
}

std::string iso_time(std::chrono::system_clock::time_point time) {
  auto millis = std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
  auto seconds = static_cast<std::time_t>(millis / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[40];
  std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string fraction = std::to_string(1000 + millis % 1000);
  return std::string(text, size) + "." + fraction.substr(1) + "Z";
}

RpcResult<std::string> read_task_id(const Params& params) {
  auto id = base::json_string(params.task_id);
  if (!id) return invalid_params(params.task_id.empty() ? "Invalid params: taskId is missing" : "Invalid params: taskId is not a string");
  return *std::move(id);
}

RpcResult<milliseconds> read_task_wish(std::string_view task) {
  if (!base::is_object(task)) return invalid_params("Invalid params: task is not an object");
  std::string_view ttl = base::find_member(task, "ttl");
  if (ttl.empty() || ttl == "null") return milliseconds(0);
  auto number = base::json_integer(ttl);
  if (!number || *number < 1) return invalid_params("Invalid params: task.ttl is not a number of milliseconds above 0");
  return milliseconds(*number);
}

RpcResult<std::vector<std::pair<std::string, std::string_view>>> read_input_responses(const Params& params) {
  std::vector<std::pair<std::string, std::string_view>> out;
  if (!base::is_object(params.input_responses)) {
    return invalid_params(params.input_responses.empty() ? "Invalid params: inputResponses is missing"
                                                         : "Invalid params: inputResponses is not an object");
  }
  base::Members members(params.input_responses);
  while (members.next()) out.emplace_back(std::string(members.key()), members.value());
  if (members.error()) return invalid_params(std::string("Invalid params: inputResponses: ") + members.error());
  return out;
}

RpcResult<std::vector<std::string>> read_task_ids(const Params& params, std::size_t most) {
  std::vector<std::string> out;
  std::string_view list = base::is_object(params.notifications) ? base::find_member(params.notifications, "taskIds") : std::string_view();
  if (list.empty()) return out;
  if (!base::is_array(list)) return invalid_params("Invalid params: taskIds is not an array");
  base::Elements ids(list);
  while (ids.next()) {
    auto id = base::json_string(ids.value());
    if (!id) return invalid_params("Invalid params: taskIds has an entry that is not a string");
    if (std::find(out.begin(), out.end(), *id) != out.end()) continue;
    if (out.size() >= most) return invalid_params("Invalid params: taskIds has more than " + std::to_string(most) + " entries");
    out.push_back(*std::move(id));
  }
  return out;
}

}  // namespace protocol
