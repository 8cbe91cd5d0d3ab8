#include "gateway/upstream/task_questions.h"

#include "base/json.h"
#include "protocol/params.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using protocol::Method;

namespace {

std::string_view related_task(std::string_view params) {
  std::string_view text = base::is_object(params) ? base::find_member(params, "_meta") : std::string_view();
  if (base::is_object(text)) text = base::find_member(text, protocol::meta_key::kRelatedTask);
  return base::is_object(text) ? base::find_member(text, "taskId") : std::string_view();
}

}  // namespace

TaskQuestions::Waiter::Waiter(TaskQuestions& questions, const LinkRequest& request) : questions_(questions) {
  if (request.method != Method::tasks_result || !request.on_question) return;
  task_ = base::find_member(request.params, "taskId");
  ask_ = std::make_shared<const OnQuestion>(request.on_question);
  questions_.waiting_.emplace(task_, ask_);
  questions_.came_.wake({});
}

TaskQuestions::Waiter::~Waiter() {
  if (!ask_) return;
  auto [begin, end] = questions_.waiting_.equal_range(task_);
  for (auto it = begin; it != end; ++it) {
    if (it->second != ask_) continue;
    questions_.waiting_.erase(it);
    return;
  }
}

Task<std::string> TaskQuestions::ask(Method method, std::string params) {
  const std::string task(related_task(params));
  if (task.empty() || kept_ >= kMostKept)
    co_return Error(Code::invalid_argument, std::string(protocol::method_name(method)) +
                                                " belongs to no call: ask while one tools/call, prompts/get or resources/read is answered, "
                                                "on its own event stream where there is one");
  struct Count {
    std::size_t& n;
    explicit Count(std::size_t& m) : n(m) { ++n; }
    ~Count() { --n; }
  } count(kept_);
  const base::Instant until = base::Timers::now() + kKept;
  std::shared_ptr<const OnQuestion> ask;
  for (;;) {
    if (auto found = waiting_.find(task); found != waiting_.end()) ask = found->second;
    if (ask) break;
    Result<> came = co_await came_.wait(loop_.timers(), stop_.get_token(), until).result();
    if (!came) co_return Error(Code::cancelled, "nobody waits for the task that asks this");
  }
  Task<std::string> asking = (*ask)(method, std::move(params));
  co_return co_await std::move(asking);
}

}  // namespace gateway
