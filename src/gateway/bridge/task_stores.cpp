#include "gateway/bridge/task_stores.h"

#include <algorithm>

#include "sdk/session.h"

namespace gateway {

using std::chrono::milliseconds;

namespace {

// What a task without an end is remembered for.
constexpr std::chrono::hours kLongestRemembered{24};

}  // namespace

protocol::TaskState HeldTasks::add(std::string result, milliseconds ttl, WallTime now) {
  protocol::TaskState state;
  state.id = sdk::random_id();
  state.status = mcp::TaskStatus::completed;
  state.created = state.updated = protocol::iso_time(now);
  state.ttl = std::min(ttl.count() > 0 ? ttl : kDefaultTime, kLongestTime);
  state.poll = milliseconds(1'000);
  state.result = std::move(result);
  while (!order_.empty() && (held_.size() >= kMost || bytes_ + state.result.size() > kMostBytes)) drop_front();
  bytes_ += state.result.size();
  order_.push_back(state.id);
  held_.emplace(state.id, Held{state, now + *state.ttl});
  return state;
}

const protocol::TaskState* HeldTasks::find(std::string_view id, WallTime now) {
  while (!order_.empty() && held_.find(order_.front())->second.until <= now) drop_front();
  auto found = held_.find(id);
  return found == held_.end() || found->second.until <= now ? nullptr : &found->second.state;
}

void HeldTasks::drop_front() {
  auto oldest = held_.find(order_.front());
  bytes_ -= oldest->second.state.result.size();
  held_.erase(oldest);
  order_.pop_front();
}

TaskLedger::Line* TaskLedger::find(std::string_view caller, std::string_view id) {
  auto lines = of_.find(caller);
  if (lines == of_.end()) return nullptr;
  auto found = std::find_if(lines->second.begin(), lines->second.end(), [id](const Line& line) { return line.last.id == id; });
  return found == lines->second.end() ? nullptr : &*found;
}

void TaskLedger::add(std::string_view caller, std::string_view server, const protocol::TaskState& task, WallTime now) {
  auto found = of_.find(caller);
  if (found == of_.end()) found = of_.emplace(std::string(caller), Lines()).first;
  Lines& lines = found->second;
  if (lines.size() >= kMostOfOne) {
    lines.pop_front();
    --size_;
  }
  Line line;
  line.number = ++last_;
  line.server = server;
  line.last = task;
  line.last.result.clear();
  line.until = now + std::min<milliseconds>(task.ttl.value_or(kLongestRemembered), kLongestRemembered);
  lines.push_back(std::move(line));
  if (++size_ > kMost) drop_oldest();
}

void TaskLedger::drop_oldest() {
  auto oldest = of_.end();
  for (auto one = of_.begin(); one != of_.end(); ++one)
    if (oldest == of_.end() || one->second.front().number < oldest->second.front().number) oldest = one;
  oldest->second.pop_front();
  --size_;
  if (oldest->second.empty()) of_.erase(oldest);
}

void TaskLedger::seen(std::string_view caller, const protocol::TaskState& task) {
  Line* line = find(caller, task.id);
  if (!line) return;
  line->last = task;
  line->last.result.clear();
  line->last.input_requests.clear();
}

void TaskLedger::gone(std::string_view caller, std::string_view id) {
  auto lines = of_.find(caller);
  if (lines == of_.end()) return;
  size_ -= std::erase_if(lines->second, [id](const Line& line) { return line.last.id == id; });
  if (lines->second.empty()) of_.erase(lines);
}

std::vector<TaskLedger::Line> TaskLedger::list(std::string_view caller, std::string_view server, std::uint64_t after, std::size_t most,
                                               WallTime now) {
  std::vector<Line> out;
  auto lines = of_.find(caller);
  if (lines == of_.end()) return out;
  size_ -= std::erase_if(lines->second, [now](const Line& line) { return line.until <= now; });
  for (const Line& line : lines->second)
    if (out.size() < most && line.number > after && (server.empty() || line.server == server)) out.push_back(line);
  if (lines->second.empty()) of_.erase(lines);
  return out;
}

}  // namespace gateway
