// The part of Front that lets modern clients listen for their tasks.
#include <map>

#include "base/json.h"
#include "base/log.h"
#include "gateway/forwarded_headers.h"
#include "gateway/front.h"
#include "protocol/splice.h"
#include "protocol/tasks.h"

namespace gateway {

using authz::Subject;
using base::Task;

namespace {

// Of one listen. More are not granted.
constexpr std::size_t kMostTasks = 100;
// How long the acknowledgement waits for servers to say whether they know the tasks.
constexpr base::Millis kPatience{3'000};

// One question to a server, whether it has a task.
struct AskedTask {
  TaskHost host;
  TaskFollow::One one;
  bool there = true;  // as long as nobody denies it
};

Task<void> ask(TaskBridge* tasks, AskedTask* asked, std::stop_token stop) {
  Task<bool> asking = tasks->exists(&asked->host, &asked->one.task, std::move(stop));
  base::Result<bool> there = co_await std::move(asking).result();
  if (there) asked->there = *there;
}

}  // namespace

TaskHost Front::task_host(std::string_view server, const sdk::Inbound& in) const {
  TaskHost host;
  auto found = gateway_.upstreams_.find(server);
  if (found == gateway_.upstreams_.end()) return host;
  host.upstream = found->second;
  host.headers = forwarded_headers(host.upstream->config().forward_headers, in.http);
  return host;
}

// Whoever may not call the tool does not hear of its results either.
Task<std::vector<TaskFollow>> Front::followed(const base::Principal* who, const sdk::Inbound* in, ChangeFilter* filter,
                                              std::stop_token stop) {
  std::vector<AskedTask> all;
  const auto narrow = profile();
  for (const std::string& id : std::exchange(filter->task_ids, {})) {
    auto task = gateway_.tasks_.open(id, who->id);
    if (!task || (!scope_.empty() && task->server != scope_) || all.size() >= kMostTasks) continue;
    if (narrow && !narrow->has_server(task->server)) continue;
    AskedTask asked;
    asked.host = task_host(task->server, *in);
    const Subject subject{Subject::Verb::call, task->server, task->tool};
    if (!asked.host.upstream || !may_follow(*who, subject.server, subject.name)) continue;
    asked.one.task = *std::move(task);
    asked.one.id = id;
    all.push_back(std::move(asked));
  }
  {
    std::stop_source late;
    auto give_up = [&late] { late.request_stop(); };
    std::stop_callback on_stop(std::move(stop), give_up);
    base::Deadline deadline(gateway_.parts_.loop.timers(), base::Timers::now() + kPatience, give_up);
    base::TaskGroup asking;
    for (AskedTask& asked : all) asking.spawn(ask(&gateway_.tasks_, &asked, late.get_token()));
    co_await asking.join();
  }
  std::vector<TaskFollow> out;
  std::map<std::pair<std::string, Audience>, std::size_t> places;
  for (AskedTask& asked : all) {
    if (!asked.there) continue;
    filter->task_ids.insert(asked.one.id);
    auto [place, fresh] = places.emplace(std::pair(asked.one.task.server, asked.one.task.audience), out.size());
    if (fresh) {
      TaskFollow follow;
      follow.host = [this, in, server = asked.one.task.server] { return task_host(server, *in); };
      out.push_back(std::move(follow));
    }
    out[place->second].tasks.push_back(std::move(asked.one));
  }
  co_return std::move(out);
}

void Front::tell_tasks(std::vector<TaskFollow>* follows, const base::Principal* who, Listeners::Seat* seat) {
  for (TaskFollow& follow : *follows)
    follow.tell = [this, who, seat](const TaskFollow::One& one, const protocol::TaskState& state, std::string_view said) {
      std::string params;
      if (said.empty()) {
        protocol::TaskState mine = state;
        mine.id = one.id;
        params = protocol::encode_task(protocol::Era::modern, mine);
      } else {
        const std::string own = base::quoted(one.id);
        params = protocol::with_members(said, {{"taskId", own}});
      }
      const Subject subject{Subject::Verb::call, one.task.server, one.task.tool};
      // Rules may have changed since it was asked for.
      if (may_follow(*who, subject.server, subject.name) && gateway_.policy_.review(*who, subject, params))
        seat->task_changed(params);
      else
        base::log::info("a change of a task may not be told", {{"server", one.task.server}});
    };
}

}  // namespace gateway
