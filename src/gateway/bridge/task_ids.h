// Ids of tasks as clients see them: sealed, with all that is needed to find the task again on any instance.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/audience.h"
#include "gateway/carried.h"

namespace gateway {

// A task that a client was told of.
struct HandedTask {
  // A held one is a result that its upstream gave at once and this process keeps, for a caller who had asked for a task.
  enum class Where { upstream, held };
  Where where = Where::upstream;
  std::string server;  // its id in the config
  std::string id;      // the upstream's own, or the held result's
  std::string tool;    // the upstream's own name of the tool that was called
  Audience audience;   // for whom it was made; a legacy upstream's session may own the task
};

// The id for the audience's caller alone, good for at least `ttl` (nothing: for a month).
std::string seal_task(const Carrier& carrier, const HandedTask& task, std::optional<std::chrono::milliseconds> ttl, Carrier::WallTime now);

// Errors: invalid_argument (not given out by us, or to another caller, or expired).
mcp::Result<HandedTask> open_task(const Carrier& carrier, std::string_view id, std::string_view caller, Carrier::WallTime now);

// A call that is driven to the end of its task inside of rounds of input: what its `requestState` says.
struct DrivenTask {
  HandedTask task;
  std::string answered;  // keys whose answers were handed on, as a JSON array
};

// The text begins with a mark of its own, by which is_driven() knows it.
std::string seal_driven(const Carrier& carrier, const DrivenTask& driven, Carrier::WallTime now);
bool is_driven(std::string_view state);
// Errors: as open_task.
mcp::Result<DrivenTask> open_driven(const Carrier& carrier, std::string_view state, std::string_view caller, Carrier::WallTime now);

}  // namespace gateway
