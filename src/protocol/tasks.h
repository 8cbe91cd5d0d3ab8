// Tasks on the wire: as an extension in the modern era (SEP-2663), as part of the protocol in one legacy revision (Tasks).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/server/tasks.h"
#include "protocol/errors.h"
#include "protocol/params.h"
#include "protocol/versions/revision.h"

namespace protocol {

// The capability that a client lacks, as ClientCapabilities.
inline constexpr std::string_view kTasksRequired = R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})";

// What is known of a task. The last three are JSON text, and there only in their status: with `input_required` what is asked
// ({key: {"method", "params"}}), with `completed` the result of the call, with `failed` the JSON-RPC error. Legacy carries none of them.
struct TaskState {
  std::string id;
  mcp::TaskStatus status = mcp::TaskStatus::working;
  std::string message;
  std::string created, updated;                  // ISO 8601
  std::optional<std::chrono::milliseconds> ttl;  // nothing: unlimited
  std::optional<std::chrono::milliseconds> poll;
  std::string input_requests;
  std::string result;
  std::string error;
};

// The result of the call that became a task: flat with resultType "task", or under `task` in the legacy era.
std::string encode_created_task(Era era, const TaskState& task);
// The result of tasks/get (legacy also: of tasks/cancel, and an element of tasks/list), and the params of the notification of a change.
std::string encode_task(Era era, const TaskState& task);

// Reads any of these, of either era. Error: upstream_failed, naming the member that is wrong. Members that have no place in the task's
// status are ignored. Where the legacy era says `failed` there is no `error`: it comes with tasks/result.
mcp::Result<TaskState> read_task(std::string_view json);

// ClientCapabilities (JSON text) without any word of tasks: for who stands between a client that knows tasks and a server, and does not
// carry them.
std::string capabilities_without_tasks(std::string_view capabilities);

// `time` as on the wire: UTC, with milliseconds.
std::string iso_time(std::chrono::system_clock::time_point time);

// params.taskId. Error: kInvalidParams.
RpcResult<std::string> read_task_id(const Params& params);
// The lifetime that a legacy caller asks for by `params.task`: zero when it leaves that open. Error: kInvalidParams.
RpcResult<std::chrono::milliseconds> read_task_wish(std::string_view task);
// params.inputResponses of tasks/update, each a key and a slice. Error: kInvalidParams.
RpcResult<std::vector<std::pair<std::string, std::string_view>>> read_input_responses(const Params& params);
// params.notifications.taskIds of subscriptions/listen, at most `most`. Error: kInvalidParams.
RpcResult<std::vector<std::string>> read_task_ids(const Params& params, std::size_t most);

}  // namespace protocol
