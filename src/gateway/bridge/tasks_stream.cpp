// The part of TaskBridge that asks legacy clients what their tasks ask.
#include "base/any_stop.h"
#include "base/json.h"
#include "gateway/bridge/tasks.h"
#include "protocol/splice.h"
#include "sdk/session.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using mcp::TaskStatus;
using protocol::Method;
using protocol::TaskState;
using sdk::Reply;

namespace {

constexpr std::size_t kMostAnswered = 10'000;
constexpr std::size_t kMostAsked = 1'000;
constexpr base::Millis kLongestWait{24 * 3'600'000};

}  // namespace

struct TaskDesk::State {
  sdk::Outlet* out;
  std::string id;  // as the client knows the task
  std::stop_source stop;
};

TaskDesk::TaskDesk(sdk::Outlet& out, std::string id) : state_(std::make_shared<State>()) {
  state_->out = &out;
  state_->id = std::move(id);
}

TaskDesk::~TaskDesk() { close(); }

void TaskDesk::close() {
  state_->stop.request_stop();
  state_->out = nullptr;
}

TaskDesk::OnQuestion TaskDesk::on_question() const {
  return [state = state_](Method method, std::string params) { return ask(state, method, std::move(params)); };
}

Task<std::string> TaskDesk::ask(std::shared_ptr<State> state, Method method, std::string params) {
  if (!state->out) co_return Error(Code::cancelled, "the request has ended");
  const std::string mine = "{\"taskId\":" + base::quoted(state->id) + "}";
  std::string question = protocol::with_meta(params.empty() ? "{}" : params, {{protocol::meta_key::kRelatedTask, mine}});
  // The legacy era wants a name for a visit to a page.
  if (base::find_member(question, "mode") == "\"url\"" && base::find_member(question, "elicitationId").empty()) {
    const std::string name = base::quoted(sdk::random_id());
    question = protocol::with_members(question, {{"elicitationId", name}});
  }
  co_return co_await state->out->request_until(state->stop.get_token(), method, std::move(question));
}

TaskBridge::Stream::Stream(TaskBridge& bridge, std::string session, sdk::Outlet& out)
    : bridge_(bridge), session_(std::move(session)), out_(&out) {
  if (!session_.empty()) bridge_.streams_[session_] = this;
}

TaskBridge::Stream::~Stream() {
  auto found = bridge_.streams_.find(session_);
  if (found != bridge_.streams_.end() && found->second == this) bridge_.streams_.erase(found);
  stop_.request_stop();
}

void TaskBridge::note_answered(const std::string& question) {
  if (!answered_.insert(question).second) return;
  answered_order_.push_back(question);
  if (answered_order_.size() <= kMostAnswered) return;
  answered_.erase(answered_order_.front());
  answered_order_.pop_front();
}

// The client looks at its task, and so knows of it; while it waits for the result it is asked there.
void TaskBridge::ask_on_stream(const TaskAsk& ask, TaskState state, TaskWords words) {
  if (state.status != TaskStatus::input_required || !ask.in->session || work_.stop_token().stop_requested()) return;
  auto stream = streams_.find(ask.in->session->id());
  if (stream == streams_.end()) return;
  TaskAsk later;
  later.host = ask.host;
  later.out = stream->second->out_;
  later.stop = stream->second->stop_.get_token();
  if (words == TaskWords::extension)
    work_.spawn(ask_extension(std::move(later), *ask.task, std::string(ask.id), std::move(state)));
  else
    work_.spawn(ask_core(std::move(later), *ask.task, std::string(ask.id)));
}

Task<void> TaskBridge::ask_extension(TaskAsk ask, HandedTask task, std::string id, TaskState state) {
  base::AnyStop stop(ask.stop, work_.stop_token());
  ask.task = &task;
  ask.id = id;
  ask.stop = stop.token();
  (void)co_await feed(&ask, &state).result();
}

// A second request for the result: what the server asks on it, or asked before it came, goes to the client's stream.
Task<void> TaskBridge::ask_core(TaskAsk ask, HandedTask task, std::string id) {
  const std::string claim = task.server + "\n" + task.id;
  if (asking_.size() >= kMostAsked || !asking_.insert(claim).second) co_return;
  base::AnyStop stop(ask.stop, work_.stop_token());
  const std::string params = "{\"taskId\":" + base::quoted(task.id) + "}";
  LinkRequest request;
  request.method = Method::tasks_result;
  request.audience = task.audience;
  request.params = params;
  request.headers = ask.host.headers;
  request.stop = stop.token();
  request.deadline = base::Timers::now() + kLongestWait;
  {
    TaskDesk desk(*ask.out, std::move(id));
    request.on_question = desk.on_question();
    (void)co_await ask.host.upstream->request(std::move(request)).result();
  }
  asking_.erase(claim);
}

}  // namespace gateway
