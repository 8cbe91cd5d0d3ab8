// Tasks in memory, for servers that need no more.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "mcp/server/tasks.h"

namespace mcp {
namespace {

class MemoryTaskStore final : public TaskStore {
 public:
  bool blocks() const override { return false; }

  Result<> insert(const StoredTask& task, const TaskLimits& limits, Time now) override {
    if (auto swept = expire(now); !swept) return swept;
    if (tasks_.contains(task.id)) return Error(Code::conflict, "there is a task with this id");
    if (tasks_.size() >= limits.all) return Error(Code::rate_limited, "the server keeps too many tasks; try again later");
    auto& own = by_owner_[task.owner];
    if (own.size() >= limits.of_one_owner) return Error(Code::rate_limited, "this caller has too many tasks; try again later");
    own.emplace(task.created, task.id);
    by_end_.emplace(task.created + task.ttl, task.id);
    tasks_.emplace(task.id, task);
    return {};
  }

  Result<> update(const StoredTask& task) override {
    auto found = tasks_.find(task.id);
    if (found == tasks_.end()) return Error(Code::not_found, "there is no such task");
    if (has_ended(found->second.status)) return Error(Code::conflict, "the task has ended");
    StoredTask next = task;
    // What it was found by does not change.
    next.owner = found->second.owner;
    next.created = found->second.created;
    next.ttl = found->second.ttl;
    found->second = std::move(next);
    return {};
  }

  Result<std::optional<StoredTask>> find(std::string_view id) override {
    auto found = tasks_.find(id);
    return found == tasks_.end() ? std::optional<StoredTask>() : std::optional(found->second);
  }

  Result<std::vector<StoredTask>> list(std::string_view owner, const Place& after, std::size_t most) override {
    std::vector<StoredTask> page;
    auto own = by_owner_.find(std::string(owner));
    if (own == by_owner_.end()) return page;
    for (auto it = own->second.upper_bound({after.created, after.id}); it != own->second.end() && page.size() < most; ++it)
      page.push_back(tasks_.find(it->second)->second);
    return page;
  }

  Result<std::vector<StoredTask>> open_tasks() override {
    std::vector<StoredTask> open;
    for (const auto& [id, task] : tasks_)
      if (!has_ended(task.status)) open.push_back(task);
    return open;
  }

  Result<> expire(Time now) override {
    while (!by_end_.empty() && by_end_.begin()->first <= now) {
      std::string id = by_end_.begin()->second;
      if (auto removed = remove(id); !removed) return removed;
    }
    return {};
  }

  Result<> remove(std::string_view id) override {
    auto found = tasks_.find(id);
    if (found == tasks_.end()) return {};
    const StoredTask& task = found->second;
    by_end_.erase({task.created + task.ttl, task.id});
    auto own = by_owner_.find(task.owner);
    own->second.erase({task.created, task.id});
    if (own->second.empty()) by_owner_.erase(own);
    tasks_.erase(found);
    return {};
  }

 private:
  std::map<std::string, StoredTask, std::less<>> tasks_;
  std::unordered_map<std::string, std::set<std::pair<Time, std::string>>> by_owner_;
  std::set<std::pair<Time, std::string>> by_end_;
};

}  // namespace

std::shared_ptr<TaskStore> memory_task_store() { return std::make_shared<MemoryTaskStore>(); }

}  // namespace mcp
