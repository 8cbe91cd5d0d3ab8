#include "gateway/bridge/task_watch.h"

#include "base/json.h"
#include "protocol/params.h"
#include "protocol/splice.h"
#include "sdk/session.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using protocol::Method;

namespace {

constexpr base::Millis kSweep{30'000};

// A question as the modern era puts it: nothing names the task in it, and a visit to a page has no name of its own.
std::string modern_question(std::string_view params) {
  std::string out = protocol::with_meta(params.empty() ? "{}" : params, {}, {protocol::meta_key::kRelatedTask});
  return protocol::without_members(out, {"elicitationId"});
}

}  // namespace

std::string TaskWatch::questions() const {
  std::string out = "{";
  for (const auto& [key, question] : open_) {
    if (out.size() > 1) out += ',';
    base::append_json_string(out, key);
    out += ":{\"method\":" + base::quoted(question->method) + ",\"params\":" + question->params + "}";
  }
  return out += '}';
}

bool TaskWatch::answer(std::string_view key, std::string_view result) {
  used_ = base::Timers::now();
  auto found = open_.find(key);
  if (found == open_.end()) return false;
  auto question = found->second;
  open_.erase(found);
  question->answer.set(std::string(result));
  return true;
}

Task<void> TaskWatch::settled(base::Millis most, std::stop_token stop) {
  used_ = base::Timers::now();
  const base::Instant until = used_ + most;
  while (open_.empty() && !ended_) {
    Result<> woke = co_await changed_.wait(loop_.timers(), stop, until).result();
    if (!woke) co_return;
  }
}

Task<std::string> TaskWatch::ask(std::shared_ptr<TaskWatch> watch, Method method, std::string params) {
  if (watch->open_.size() >= kMostQuestions) co_return Error(Code::rate_limited, "too many questions wait for an answer");
  auto question = std::make_shared<Question>();
  question->method = protocol::method_name(method);
  question->params = modern_question(params);
  std::string key = "q-" + sdk::random_id().substr(0, 16);
  watch->open_.emplace(key, question);
  watch->changed_.wake({});
  const base::Instant until = base::Timers::now() + kAnswerTime;
  std::stop_token stop = watch->stop_.get_token();
  Result<std::string> answer = co_await base::wait_for(question->answer, watch->loop_.timers(), stop, until).result();
  watch->open_.erase(key);
  if (!answer) co_return Error(Code::cancelled, "nobody answered this question");
  co_return *std::move(answer);
}

std::string TaskWatches::key_of(const HandedTask& task) {
  return std::to_string(task.server.size()) + ":" + task.server + std::to_string(task.id.size()) + ":" + task.id + task.audience.caller;
}

Result<std::shared_ptr<TaskWatch>> TaskWatches::open(const HandedTask& task, const TaskHost& host) {
  std::string key = key_of(task);
  if (auto found = watches_.find(key); found != watches_.end()) return found->second;
  if (watches_.size() >= kMost || work_.stop_token().stop_requested())
    return Error(Code::rate_limited, "too many tasks wait for input through this gateway: answer or cancel some");
  auto watch = std::make_shared<TaskWatch>(loop_);
  watches_.emplace(key, watch);
  if (!sweeping_) sweep();
  work_.spawn(run(std::move(key), task, host, watch));
  return watch;
}

std::shared_ptr<TaskWatch> TaskWatches::find(const HandedTask& task) {
  auto found = watches_.find(key_of(task));
  return found == watches_.end() ? nullptr : found->second;
}

void TaskWatches::end(const HandedTask& task) {
  if (auto watch = find(task)) watch->stop_.request_stop();
}

Task<void> TaskWatches::run(std::string key, HandedTask task, TaskHost host, std::shared_ptr<TaskWatch> watch) {
  const std::string params = "{\"taskId\":" + base::quoted(task.id) + "}";
  LinkRequest request;
  request.method = Method::tasks_result;
  request.audience = task.audience;
  request.params = params;
  request.headers = host.headers;
  request.client_capabilities = task.audience.capabilities;
  request.stop = watch->stop_.get_token();
  request.deadline = base::Timers::now() + kLongest;
  request.on_question = [watch](Method method, std::string question) { return TaskWatch::ask(watch, method, std::move(question)); };
  // What it ends with is fetched again by who asks for the task: results are kept where they were made.
  (void)co_await host.upstream->request(std::move(request)).result();
  watch->ended_ = true;
  auto found = watches_.find(key);
  if (found != watches_.end() && found->second == watch) watches_.erase(found);
  watch->changed_.wake({});
}

void TaskWatches::sweep() {
  const base::Instant stale = base::Timers::now() - kIdle;
  std::vector<std::shared_ptr<TaskWatch>> old;
  for (const auto& [key, watch] : watches_)
    if (watch->used_ < stale) old.push_back(watch);
  for (const auto& watch : old) watch->stop_.request_stop();
  sweeping_ = !watches_.empty();
  if (sweeping_) sweep_ = base::Deadline(loop_.timers(), base::Timers::now() + kSweep, [this] { sweep(); });
}

Task<void> TaskWatches::stop() {
  work_.stop();
  std::vector<std::shared_ptr<TaskWatch>> all;
  for (const auto& [key, watch] : watches_) all.push_back(watch);
  for (const auto& watch : all) watch->stop_.request_stop();
  co_await work_.join();
}

}  // namespace gateway
