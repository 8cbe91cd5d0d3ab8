#include "gateway/bridge/task_ids.h"

#include <algorithm>
#include <vector>

#include "base/json.h"

namespace gateway {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

// What an upstream keeps for ever is found again for so long, and what it keeps shortly a little longer: it says itself when it is gone.
constexpr std::chrono::hours kLongest{24 * 30};
constexpr std::chrono::minutes kSlack{10};
// A call between two rounds of input.
constexpr std::chrono::hours kBetweenRounds{1};

constexpr std::string_view kDrivenMark = "task.";

std::string encode(const HandedTask& task) {
  std::string out = task.where == HandedTask::Where::held ? "[1" : "[0";
  for (const std::string* text : {&task.server, &task.id, &task.tool, &task.audience.capabilities, &task.audience.handle}) {
    out += ',';
    base::append_json_string(out, *text);
  }
  return out += ']';
}

// What is read was written by encode() and came back unchanged.
Result<HandedTask> decode(std::string_view text, std::string_view caller) {
  std::vector<std::string> parts;
  HandedTask task;
  if (!base::is_array(text)) return Error(Code::invalid_argument, "no task");
  base::Elements elements(text);
  while (elements.next()) {
    auto part = base::json_string(elements.value());
    parts.push_back(part ? *std::move(part) : std::string(elements.value()));
  }
  if (parts.size() != 6) return Error(Code::invalid_argument, "no task");
  task.where = parts[0] == "1" ? HandedTask::Where::held : HandedTask::Where::upstream;
  task.server = std::move(parts[1]);
  task.id = std::move(parts[2]);
  task.tool = std::move(parts[3]);
  task.audience = {std::string(caller), std::move(parts[4]), std::move(parts[5])};
  return task;
}

}  // namespace

std::string seal_task(const Carrier& carrier, const HandedTask& task, std::optional<std::chrono::milliseconds> ttl, Carrier::WallTime now) {
  auto good = std::min<std::chrono::milliseconds>(ttl.value_or(kLongest), kLongest) + kSlack;
  return carrier.seal(CarriedKind::task, encode(task), task.audience.caller, now + good);
}

Result<HandedTask> open_task(const Carrier& carrier, std::string_view id, std::string_view caller, Carrier::WallTime now) {
  auto opened = carrier.open(CarriedKind::task, id, caller, now);
  if (!opened) return std::move(opened).error();
  return decode(opened->body, caller);
}

std::string seal_driven(const Carrier& carrier, const DrivenTask& driven, Carrier::WallTime now) {
  std::string body = std::to_string(driven.answered.size()) + ":" + driven.answered + encode(driven.task);
  return std::string(kDrivenMark) + carrier.seal(CarriedKind::task, body, driven.task.audience.caller, now + kBetweenRounds);
}

bool is_driven(std::string_view state) { return state.starts_with(kDrivenMark); }

Result<DrivenTask> open_driven(const Carrier& carrier, std::string_view state, std::string_view caller, Carrier::WallTime now) {
  if (!is_driven(state)) return Error(Code::invalid_argument, "no state of a task");
  auto opened = carrier.open(CarriedKind::task, state.substr(kDrivenMark.size()), caller, now);
  if (!opened) return std::move(opened).error();
  std::size_t colon = opened->body.find(':');
  if (colon == std::string::npos || colon == 0 || opened->body[0] == '[') return Error(Code::invalid_argument, "no state of a task");
  std::size_t size = std::stoul(opened->body.substr(0, colon));
  if (size > opened->body.size() - colon - 1) return Error(Code::invalid_argument, "no state of a task");
  auto task = decode(std::string_view(opened->body).substr(colon + 1 + size), caller);
  if (!task) return std::move(task).error();
  return DrivenTask{*std::move(task), opened->body.substr(colon + 1, size)};
}

}  // namespace gateway
