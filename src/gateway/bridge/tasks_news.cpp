// The part of TaskBridge that tells clients how their tasks change.
#include <algorithm>

#include "base/any_stop.h"
#include "base/json.h"
#include "gateway/bridge/tasks.h"
#include "gateway/upstream/held.h"
#include "gateway/upstream/sessioned_link.h"
#include "protocol/splice.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Millis;
using base::Result;
using base::Task;
using protocol::Era;
using protocol::Method;
using protocol::TaskState;
using sdk::Reply;

namespace {

// Between two attempts to listen at a server.
constexpr Millis kFirstPause{1'000};
constexpr Millis kLongestPause{30'000};
// Streams toward servers for legacy clients, who can also look.
constexpr std::size_t kMostLegacyFollows = 200;

std::string listen_params(const TaskFollow& follow) {
  std::string out = R"({"notifications":{"taskIds":[)";
  for (const auto& one : follow.tasks) {
    if (one.ended) continue;
    if (out.back() != '[') out += ',';
    base::append_json_string(out, one.task.id);
  }
  return out + "]}}";
}

// Whether an acknowledgement grants all of the tasks that have not ended.
bool grants_all(std::string_view params, const TaskFollow& follow) {
  std::string_view granted = base::is_object(params) ? base::find_member(params, "notifications") : std::string_view();
  std::string_view ids = base::is_object(granted) ? base::find_member(granted, "taskIds") : std::string_view();
  std::vector<std::string> all;
  if (base::is_array(ids))
    for (base::Elements each(ids); each.next();)
      if (auto id = base::json_string(each.value())) all.push_back(*std::move(id));
  return std::ranges::all_of(follow.tasks, [&](const auto& one) { return one.ended || std::ranges::find(all, one.task.id) != all.end(); });
}

}  // namespace

bool TaskFollow::all_ended() const {
  return std::ranges::all_of(tasks, [](const One& one) { return one.ended; });
}

void TaskFollow::news(One& one, const TaskState& state, std::string_view said) {
  if (one.ended) return;
  // A look may have been on its way while the server told of what came after it.
  if (!one.updated.empty() && state.updated.size() == one.updated.size() && state.updated < one.updated) return;
  std::string mark(mcp::task_status_name(state.status));
  mark.append("\n").append(state.updated).append("\n").append(state.message).append("\n").append(state.input_requests);
  if (mark == one.mark) return;
  one.mark = std::move(mark);
  one.updated = state.updated;
  one.ended = mcp::has_ended(state.status);
  tell(one, state, said);
}

Task<void> TaskEars::Ear::wait(base::Timers& timers, Millis most, std::stop_token stop) {
  if (std::exchange(came_, false)) co_return;
  (void)co_await news_.wait(timers, std::move(stop), base::Timers::now() + most).result();
  came_ = false;
}

const TaskEars::Told* TaskEars::heard(std::string_view server, std::string_view id) {
  const std::string which = key(server, id);
  auto [begin, end] = waiting_.equal_range(which);
  std::vector<Ear*> ears;
  for (auto it = begin; it != end; ++it) ears.push_back(it->second);
  for (Ear* ear : ears) {
    // Whoever goes on may end others.
    auto [first, last] = waiting_.equal_range(which);
    if (std::none_of(first, last, [ear](const auto& one) { return one.second == ear; })) continue;
    ear->came_ = true;
    ear->news_.wake({});
  }
  return told_.find(which);
}

void TaskBridge::heard(std::string_view server, const Audience& audience, std::string_view params) {
  auto id = base::json_string(base::is_object(params) ? base::find_member(params, "taskId") : std::string_view());
  if (!id || work_.stop_token().stop_requested()) return;
  const TaskEars::Told* told = ears_.heard(server, *id);
  // Two sessions may have tasks of one name. Those of callers who cannot be asked share one.
  const bool shared = told && audience.caller.empty() && told->audience.handle.empty() && !can_be_asked(told->audience);
  if (!told || (!shared && audience != told->audience)) return;
  auto stream = streams_.find(told->session);
  if (stream == streams_.end()) return;
  const std::string own = base::quoted(told->id);
  const std::string plain = protocol::with_meta(params, {}, {protocol::meta_key::kRelatedTask});
  (void)stream->second->out_->notify(Method::tasks_status, protocol::with_members(plain, {{"taskId", own}}));
}

// A legacy client that has a stream hears there of the task that it was given.
void TaskBridge::tell_session(const TaskHost& host, const HandedTask& task, const std::string& id, const std::string& session,
                              TaskWords words) {
  if (session.empty() || task.where == HandedTask::Where::held || work_.stop_token().stop_requested()) return;
  if (words == TaskWords::core) return ears_.remember(task, {id, session, task.audience});
  auto stream = streams_.find(session);
  if (stream == streams_.end() || legacy_follows_ >= kMostLegacyFollows) return;
  auto follow = std::make_shared<TaskFollow>();
  follow->host = [upstream = std::weak_ptr(host.upstream), headers = host.headers] { return TaskHost{upstream.lock(), headers}; };
  follow->tasks.push_back({task, id, {}, {}, false});
  follow->otherwise = TaskFollow::Else::nothing;
  follow->tell = [this, session](const TaskFollow::One& one, const TaskState& state, std::string_view) {
    auto found = streams_.find(session);
    if (found == streams_.end()) return;
    TaskState mine = legacy_view(state);
    mine.id = one.id;
    (void)found->second->out_->notify(Method::tasks_status, protocol::encode_task(Era::legacy, mine));
  };
  auto run = [](TaskBridge* self, std::shared_ptr<TaskFollow> what, std::stop_token gone) -> Task<void> {
    ++self->legacy_follows_;
    base::AnyStop stop(std::move(gone), self->work_.stop_token());
    (void)co_await self->follow(what.get(), stop.token()).result();
    --self->legacy_follows_;
  };
  work_.spawn(run(this, std::move(follow), stream->second->stop_.get_token()));
}

Task<void> TaskBridge::follow(TaskFollow* follow, std::stop_token stop) {
  for (auto& one : follow->tasks) {
    if (one.task.where != HandedTask::Where::held) continue;
    // It had ended before it began.
    const TaskState* held = held_.find(one.task.id, std::chrono::system_clock::now());
    if (held) follow->news(one, *held, {});
    one.ended = true;
  }
  Millis pause = kFirstPause;
  while (!follow->all_ended() && !stop.stop_requested()) {
    const Followed how = co_await follow_once(follow, stop);
    if (how == Followed::no_more || follow->all_ended()) co_return;
    pause = how == Followed::a_while ? kFirstPause : std::min(pause * 2, kLongestPause);
    co_await loop_.timers().sleep(pause, stop);
  }
}

Task<TaskBridge::Followed> TaskBridge::follow_once(TaskFollow* follow, std::stop_token stop) {
  const TaskHost host = follow->host();
  if (!host.upstream) co_return Followed::no_more;
  // What replaces it is followed in its place.
  base::AnyStop either(std::move(stop), Held::retiring(host.upstream));
  auto opened = co_await host.upstream->open(either.token(), base::Timers::now() + host.upstream->config().connect_timeout).result();
  const Hello* hello = opened ? host.upstream->hello() : nullptr;
  if (!hello) co_return Followed::not_now;
  const TaskWords words = task_words(*hello);
  if (words == TaskWords::none) co_return Followed::no_more;
  if (words == TaskWords::extension) {
    const bool told = co_await listen_on(follow, &host, either.token());
    if (told) co_return Followed::a_while;
  }
  if (follow->otherwise == TaskFollow::Else::nothing) co_return Followed::no_more;
  co_await look_on(follow, &host, words, either.token());
  co_return Followed::not_now;
}

// Listens at the server until all tasks have ended, or the stream does. False when it does not tell of all of them.
Task<bool> TaskBridge::listen_on(TaskFollow* follow, const TaskHost* host, std::stop_token stop) {
  std::stop_source over;
  base::AnyStop either(std::move(stop), over.get_token());
  const Audience audience = follow->tasks.front().task.audience;
  const std::string capabilities = with_task_extension(audience.capabilities);
  const std::string params = listen_params(*follow);
  bool granted = false;
  base::TaskGroup looking;
  // Later, as this is said in the middle of what it ends.
  auto end = [this, over] { loop_.post([over]() mutable { over.request_stop(); }); };
  LinkRequest request;
  request.method = Method::subscriptions_listen;
  request.audience = audience;
  request.params = params;
  request.client_capabilities = capabilities;
  request.headers = host->headers;
  request.stop = either.token();
  request.deadline = base::Instant::max();
  request.on_notification = [&](Method method, std::string_view said) {
    if (method == Method::subscriptions_acknowledged && !granted) {
      granted = grants_all(said, *follow);
      // What happened before it listened is seen by looking.
      if (granted)
        looking.spawn(look_once(follow, host, either.token(), end));
      else
        end();
    }
    auto state = protocol::read_task(method == Method::tasks && granted ? said : std::string_view("{}"));
    if (!state) return;
    for (auto& one : follow->tasks)
      if (one.task.id == state->id) follow->news(one, *state, said);
    if (follow->all_ended()) end();
  };
  (void)co_await host->upstream->request(std::move(request)).result();
  over.request_stop();
  co_await looking.join();
  co_return granted;
}

// Looks at each task that has not ended, and calls `end` when all have. One that its server does not know (any more) has.
Task<void> TaskBridge::look_once(TaskFollow* follow, const TaskHost* host, std::stop_token stop, std::function<void()> end) {
  for (auto& one : follow->tasks) {
    if (one.ended || stop.stop_requested()) continue;
    Result<TaskState> state = co_await look(host, &one.task, stop).result();
    if (state)
      follow->news(one, *state, {});
    else if (state.error().code == Code::invalid_argument)
      one.ended = true;
  }
  if (follow->all_ended()) end();
}

Task<TaskState> TaskBridge::look_inside(const TaskHost* host, const HandedTask* task, TaskWords words, std::stop_token stop) {
  if (words == TaskWords::core) return detailed_core(host, task, std::move(stop));
  return look(host, task, std::move(stop));
}

// Looks at the tasks as often as their server wishes, and whenever it speaks of one, until all have ended or nobody can be asked.
Task<void> TaskBridge::look_on(TaskFollow* follow, const TaskHost* host, TaskWords words, std::stop_token stop) {
  base::TaskGroup each;
  for (auto& one : follow->tasks)
    if (!one.ended) each.spawn(look_on_one(follow, &one, host, words, stop));
  co_await each.join();
}

Task<void> TaskBridge::look_on_one(TaskFollow* follow, TaskFollow::One* one, const TaskHost* host, TaskWords words, std::stop_token stop) {
  TaskEars::Ear ear(ears_, one->task);
  int failures = 0;
  while (!one->ended && !stop.stop_requested() && failures < 3) {
    Task<TaskState> looking = look_inside(host, &one->task, words, stop);
    Result<TaskState> state = co_await std::move(looking).result();
    Millis pause = kFirstPause;
    if (state) {
      failures = 0;
      pause = task_pause(*state);
      follow->news(*one, *state, {});
    } else if (state.error().code == Code::invalid_argument) {
      one->ended = true;
    } else {
      ++failures;
    }
    if (!one->ended) co_await ear.wait(loop_.timers(), pause, stop);
  }
}

Task<bool> TaskBridge::exists(const TaskHost* host, const HandedTask* task, std::stop_token stop) {
  if (task->where == HandedTask::Where::held) co_return held_.find(task->id, std::chrono::system_clock::now()) != nullptr;
  auto opened = co_await host->upstream->open(stop, base::Timers::now() + host->upstream->config().connect_timeout).result();
  if (opened && host->upstream->hello() && task_words(*host->upstream->hello()) == TaskWords::none) co_return false;
  Result<TaskState> state = co_await look(host, task, stop).result();
  // Only its server knows; one that does not answer now may do so later.
  co_return state.ok() || state.error().code != Code::invalid_argument;
}

}  // namespace gateway
