#include <array>

#include "mcp/server/tasks.h"

namespace mcp {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"working", "input_required", "completed", "failed", "cancelled"};

}  // namespace

std::string_view task_status_name(TaskStatus status) { return kNames[static_cast<std::size_t>(status)]; }

std::optional<TaskStatus> find_task_status(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<TaskStatus>(i);
  return std::nullopt;
}

}  // namespace mcp
