// RemoteTask: a tool call that outlives its request, as the client that started it sees it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "mcp/content.h"
#include "mcp/result.h"
#include "mcp/server/tasks.h"

namespace mcp {

// How a client follows tasks (extension io.modelcontextprotocol/tasks, and the tasks of 2025-11-25).
struct TaskFollowing {
  // Between two looks: what the server asks for, kept within these, and up to a tenth more.
  std::chrono::milliseconds least_pause{50};
  std::chrono::milliseconds most_pause{60'000};
  // call_tool() gives a task up, and cancels it, after this.
  std::chrono::milliseconds patience{std::chrono::hours(1)};
};

// What is known of a task. Keep `id` to ask for it later, also from another process with the same credentials.
struct RemoteTask {
  std::string id;  // empty when the tool answered at once; `result` is set then
  TaskStatus status = TaskStatus::working;
  std::string message;                           // the server's words about the status
  std::string created_at, updated_at;            // as the server wrote them
  std::optional<std::chrono::milliseconds> ttl;  // how long the server keeps it after its creation; absent: for ever
  std::chrono::milliseconds pause{1'000};        // how long to wait before looking again
  std::optional<ToolResult> result;              // when completed
  std::optional<Error> error;                    // when failed

  bool ended() const { return has_ended(status); }
};

}  // namespace mcp
