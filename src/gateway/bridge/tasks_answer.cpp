// The part of TaskBridge that answers what clients ask about their tasks.
#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "gateway/bridge/tasks.h"
#include "protocol/results.h"
#include "protocol/splice.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Millis;
using base::Result;
using base::Task;
using mcp::TaskStatus;
using protocol::Era;
using protocol::Method;
using protocol::TaskState;
using sdk::Reply;

namespace {

// So long a question of a legacy server may be on its way before the client hears that the task works on.
constexpr Millis kQuestionTime{1'000};
// So long a modern server may take to cancel before its client is told how the task stands.
constexpr Millis kCancelTime{2'000};
constexpr std::size_t kMostAsked = 1'000;
constexpr std::size_t kPage = 50;
constexpr Millis kListTime{5'000};
constexpr std::chrono::hours kCursorTime{1};

std::string related(std::string_view id) { return "{\"taskId\":" + base::quoted(id) + "}"; }

// `object` (a result, or params) with the client's id where `_meta` names the upstream's.
std::string with_own_id(std::string_view object, std::string_view id) {
  std::string_view meta = base::is_object(object) ? base::find_member(object, "_meta") : std::string_view();
  if (!base::is_object(meta) || base::find_member(meta, protocol::meta_key::kRelatedTask).empty()) return std::string(object);
  const std::string mine = related(id);
  return protocol::with_meta(object, {{protocol::meta_key::kRelatedTask, mine}});
}

bool nobody_was_asked(Code code) {
  return code == Code::cancelled || code == Code::denied || code == Code::unavailable || code == Code::rate_limited;
}

Result<std::uint64_t> decode_cursor(const Carrier& carrier, std::string_view cursor, std::string_view caller) {
  auto text = base::json_string(cursor);
  if (!text) return std::move(text).error();
  auto opened = carrier.open(CarriedKind::cursor, *text, caller, std::chrono::system_clock::now());
  if (!opened) return std::move(opened).error();
  constexpr std::string_view kMark = "tasks:";
  std::uint64_t number = 0;
  const char* begin = opened->body.data() + kMark.size();
  const char* end = opened->body.data() + opened->body.size();
  if (!opened->body.starts_with(kMark) || std::from_chars(begin, end, number).ptr != end)
    return Error(Code::invalid_argument, "a cursor of another list");
  return number;
}

}  // namespace

Task<Reply> TaskBridge::answer(TaskAsk ask) {
  if (ask.task->where == HandedTask::Where::held) co_return answer_held(ask);
  co_await ask.host.upstream->open(ask.stop, base::Timers::now() + ask.host.upstream->config().connect_timeout);
  const Hello* hello = ask.host.upstream->hello();
  const TaskWords words = hello ? task_words(*hello) : TaskWords::none;
  // A session that asks for its task hears of it from now on, also one that was taken up again here.
  if (ask.in->session && words == TaskWords::core) tell_session(ask.host, *ask.task, std::string(ask.id), ask.in->session->id(), words);
  if (words == TaskWords::extension) co_return co_await answer_extension(&ask);
  if (words == TaskWords::core) co_return co_await answer_core(&ask);
  co_return Reply(no_such_task());
}

Task<Reply> TaskBridge::answer_extension(TaskAsk* ask) {
  if (ask->in->modern()) return forward(ask);
  switch (ask->in->method()) {
    case Method::tasks_result: return result_extension(ask);
    case Method::tasks_cancel: return cancel_extension(ask);
    default: return get_extension(ask);
  }
}

Task<Reply> TaskBridge::answer_core(TaskAsk* ask) {
  auto update = [](TaskWatches* watches, TaskAsk* answered) -> Task<Reply> {
    auto read = protocol::read_input_responses(answered->in->rpc.params);
    if (!read) co_return Reply(std::move(read.error()));
    // A task that waits for nothing takes no answers; that is no error (SEP-2663, "Task Input Requests").
    if (auto watch = watches->find(*answered->task))
      for (const auto& [key, value] : *read) watch->answer(key, value);
    co_return Reply(std::string("{}"));
  };
  const Method method = ask->in->method();
  if (method == Method::tasks_result) return result_core(ask);
  if (!ask->in->modern()) return forward(ask);
  if (method == Method::tasks_update) return update(&watches_, ask);
  return method == Method::tasks_cancel ? cancel_core(ask) : get_core(ask);
}

Reply TaskBridge::answer_held(const TaskAsk& ask) {
  const TaskState* held = held_.find(ask.task->id, std::chrono::system_clock::now());
  if (!held) return Reply(no_such_task());
  TaskState state = *held;
  state.id = ask.id;
  switch (ask.in->method()) {
    case Method::tasks_update: return Reply(std::string("{}"));
    case Method::tasks_cancel:
      if (ask.in->modern()) return Reply(std::string("{}"));
      return Reply(protocol::invalid_params("the task has ended: it is completed"));
    case Method::tasks_result: {
      const std::string mine = related(ask.id);
      std::string result = protocol::result_for(ask.in->revision(), Method::tools_call, state.result, {}, {});
      return Reply(protocol::with_meta(result, {{protocol::meta_key::kRelatedTask, mine}}));
    }
    default: break;
  }
  if (!ask.in->modern()) return Reply(protocol::encode_task(Era::legacy, legacy_view(std::move(state))));
  state.result = protocol::result_for(ask.in->revision(), Method::tools_call, state.result, {}, {});
  return Reply(protocol::encode_task(Era::modern, state));
}

// Both ends use the same words: only the id differs.
Task<Reply> TaskBridge::forward(TaskAsk* ask) {
  const std::string real = base::quoted(ask->task->id), own = base::quoted(ask->id);
  const std::string params = protocol::with_members(ask->in->rpc.params.raw, {{"taskId", real}});
  LinkRequest request;
  request.method = ask->in->method();
  request.audience = ask->task->audience;
  request.params = params;
  request.client_capabilities = ask->in->client_capabilities;
  request.headers = ask->host.headers;
  request.stop = ask->stop;
  request.deadline = base::Timers::now() + ask->host.upstream->config().deadline;
  Reply reply = co_await ask->host.upstream->request(std::move(request));
  if (reply.error() || base::find_member(reply.result(), "taskId").empty()) co_return std::move(reply);
  if (!ask->in->modern() && ask->in->method() == Method::tasks_get) {
    auto state = protocol::read_task(reply.result());
    if (state) ask_on_stream(*ask, *std::move(state), TaskWords::core);
  }
  const std::string named = with_own_id(reply.result(), ask->id);
  co_return Reply(protocol::with_members(named, {{"taskId", own}}));
}

// A legacy task with its outcome, which its era keeps apart. What is open there to be asked is in its watch.
Task<TaskState> TaskBridge::look_with_outcome(const TaskHost* host, const HandedTask* task, std::stop_token stop) {
  TaskState state = co_await look(host, task, stop);
  if (state.status != TaskStatus::completed && state.status != TaskStatus::failed) co_return state;
  std::string nothing;
  Reply outcome = co_await about(host, task, Method::tasks_result, std::move(nothing), stop);
  if (protocol::RpcError* error = outcome.error()) {
    const bool ended_otherwise = state.status == TaskStatus::completed;
    if (ended_otherwise) state.status = TaskStatus::failed;
    state.error = protocol::error_object(*error);
    co_return state;
  }
  // The modern era calls a task failed only when there is no result to be had.
  state.status = TaskStatus::completed;
  state.result = protocol::with_meta(outcome.result(), {}, {protocol::meta_key::kRelatedTask});
  co_return state;
}

// As the modern era wants it: what is asked, or the result, stands inside.
Task<TaskState> TaskBridge::detailed_core(const TaskHost* host, const HandedTask* task, std::stop_token stop) {
  TaskState state = co_await look_with_outcome(host, task, stop);
  if (state.status == TaskStatus::input_required) {
    auto watch = co_await watches_.open(*task, *host);
    co_await watch->settled(kQuestionTime, stop);
    state.input_requests = watch->questions();
    // What was asked is answered, and the next question is not here yet.
    if (state.input_requests == "{}") state.status = TaskStatus::working;
  }
  co_return std::move(state);
}

Task<Reply> TaskBridge::get_core(TaskAsk* ask) {
  TaskState state = co_await detailed_core(&ask->host, ask->task, ask->stop);
  state.id = ask->id;
  if (state.status == TaskStatus::completed)
    state.result = protocol::result_for(ask->in->revision(), Method::tools_call, state.result, {}, {});
  co_return Reply(protocol::encode_task(Era::modern, state));
}

// The modern era acknowledges, whatever becomes of it (SEP-2663, "Task Cancellation").
Task<Reply> TaskBridge::cancel_core(TaskAsk* ask) {
  std::string nothing;
  Reply reply = co_await about(&ask->host, ask->task, Method::tasks_cancel, std::move(nothing), ask->stop);
  watches_.end(*ask->task);
  // The same error stands for a task that has ended and for one that is not there.
  if (reply.error()) co_await look(&ask->host, ask->task, ask->stop);
  co_return Reply(std::string("{}"));
}

Task<Reply> TaskBridge::result_core(TaskAsk* ask) {
  const std::string real = base::quoted(ask->task->id);
  const std::string params = protocol::with_members(ask->in->rpc.params.raw, {{"taskId", real}});
  LinkRequest request;
  request.method = Method::tasks_result;
  request.audience = ask->task->audience;
  request.params = params;
  request.client_capabilities = ask->in->client_capabilities;
  request.headers = ask->host.headers;
  request.stop = ask->stop;
  request.deadline = base::Timers::now() + kPatience;
  TaskDesk desk(*ask->out, std::string(ask->id));
  request.on_question = desk.on_question();
  Reply reply = co_await ask->host.upstream->request(std::move(request));
  if (reply.error()) co_return std::move(reply);
  co_return Reply(with_own_id(reply.result(), ask->id));
}

Task<Reply> TaskBridge::get_extension(TaskAsk* ask) {
  TaskState state = co_await look(&ask->host, ask->task, ask->stop);
  ask_on_stream(*ask, state, TaskWords::extension);
  state.id = ask->id;
  co_return Reply(protocol::encode_task(Era::legacy, legacy_view(std::move(state))));
}

Task<Reply> TaskBridge::cancel_extension(TaskAsk* ask) {
  TaskState state = co_await look(&ask->host, ask->task, ask->stop);
  if (mcp::has_ended(state.status)) {
    const std::string_view status = mcp::task_status_name(legacy_view(state).status);
    co_return Reply(protocol::invalid_params("the task has ended: it is " + std::string(status)));
  }
  std::string nothing;
  Reply reply = co_await about(&ask->host, ask->task, Method::tasks_cancel, std::move(nothing), ask->stop);
  if (reply.error()) co_return std::move(reply);
  // It has said that it will try; how the task stands is seen by looking.
  const base::Instant until = base::Timers::now() + kCancelTime;
  for (;;) {
    state = co_await look(&ask->host, ask->task, ask->stop);
    if (mcp::has_ended(state.status) || base::Timers::now() >= until || ask->stop.stop_requested()) break;
    co_await loop_.timers().sleep(std::min(task_pause(state), Millis(200)), ask->stop);
  }
  state.id = ask->id;
  co_return Reply(protocol::encode_task(Era::legacy, legacy_view(std::move(state))));
}

// Blocks until the task has ended; meanwhile this is the stream on which the client is asked (Tasks, "Input Required Status").
Task<Reply> TaskBridge::result_extension(TaskAsk* ask) {
  const base::Instant until = base::Timers::now() + kPatience;
  TaskState state = co_await look(&ask->host, ask->task, ask->stop);
  while (!mcp::has_ended(state.status)) {
    if (state.status == TaskStatus::input_required) co_await feed(ask, &state);
    if (base::Timers::now() >= until)
      co_return Error(Code::timeout, "the task works on: ask again for its result", "the task works on: ask again for its result");
    co_await loop_.timers().sleep(task_pause(state), ask->stop);
    if (ask->stop.stop_requested()) co_return Error(Code::cancelled, "the request was cancelled");
    state = co_await look(&ask->host, ask->task, ask->stop);
  }
  if (state.status == TaskStatus::completed) {
    const std::string mine = related(ask->id);
    std::string result = protocol::result_for(ask->in->revision(), Method::tools_call, state.result, {}, {});
    co_return Reply(protocol::with_meta(result, {{protocol::meta_key::kRelatedTask, mine}}));
  }
  if (state.status == TaskStatus::failed) co_return Reply(task_error(state.error));
  co_return Error(Code::cancelled, "the task was cancelled", "the task was cancelled");
}

// Asks the client what the task asks and was not answered yet, one after the other, and hands the answers on.
Task<void> TaskBridge::feed(TaskAsk* ask, const TaskState* state) {
  TaskDesk desk(*ask->out, std::string(ask->id));
  const TaskDesk::OnQuestion asked = desk.on_question();
  auto close = [&desk] { desk.close(); };
  std::stop_callback on_stop(ask->stop, close);
  const std::string requests = base::is_object(state->input_requests) ? state->input_requests : "{}";
  base::Members members(requests);
  while (members.next()) {
    const std::string key(members.key());
    const std::string claim = ask->task->server + "\n" + ask->task->id + "\n" + key;
    // A key is asked for once in a task's life, and on one stream.
    if (answered_.contains(claim) || asking_.contains(claim) || asking_.size() >= kMostAsked) continue;
    struct Claim {
      std::set<std::string>& all;
      const std::string& mine;
      ~Claim() { all.erase(mine); }
    };
    asking_.insert(claim);
    Claim held{asking_, claim};
    const Method method = protocol::find_method(base::json_string(base::find_member(members.value(), "method")).value_or(""));
    std::string params(base::find_member(members.value(), "params"));
    Task<std::string> asking = asked(method, std::move(params));
    Result<std::string> answer = co_await std::move(asking).result();
    const bool unasked = !answer && nobody_was_asked(answer.error().code);
    // There is no way to tell the task of an error to anything but an elicitation: it cannot go on.
    const bool stuck = !answer && !unasked && method != Method::elicitation_create;
    if (stuck) co_await abandon(ask->host, *ask->task);
    if (unasked || stuck) co_await mcp::fail(answer.error());
    note_answered(claim);
    const std::string value = answer ? *std::move(answer) : std::string("{\"action\":\"cancel\"}");
    std::string more = "\"inputResponses\":{" + base::quoted(key) + ":" + value + "}";
    Reply reply = co_await about(&ask->host, ask->task, Method::tasks_update, std::move(more), ask->stop);
    if (reply.error()) co_await mcp::fail(protocol::from_rpc(*reply.error()));
  }
}

Task<Reply> TaskBridge::list(const sdk::Inbound* in, std::string caller, std::string scope, Find find, std::stop_token stop) {
  std::uint64_t after = 0;
  if (!in->rpc.params.cursor.empty()) {
    auto place = decode_cursor(carrier_, in->rpc.params.cursor, caller);
    if (!place) co_return Reply(protocol::invalid_params("this cursor is not valid: start from the first page"));
    after = *place;
  }
  const WallTime now = std::chrono::system_clock::now();
  std::vector<TaskLedger::Line> lines = ledger_.list(caller, scope, after, kPage + 1, now);
  const bool more = lines.size() > kPage;
  if (more) lines.resize(kPage);
  const base::Instant until = base::Timers::now() + kListTime;
  std::string out = "{\"tasks\":[";
  for (TaskLedger::Line& line : lines) {
    auto task = open(line.last.id, caller);
    TaskHost host;
    if (task) host = find(task->server, task->tool);
    if (!host.upstream) continue;
    const bool ask = task->where == HandedTask::Where::upstream && !mcp::has_ended(line.last.status) && base::Timers::now() < until;
    if (ask) {
      // A server that does not answer must not take its neighbours' tasks out of the list: they are told as they were last seen.
      Result<TaskState> state = co_await look(&host, &*task, stop).result();
      if (!state && state.error().code == Code::invalid_argument) {
        ledger_.gone(caller, line.last.id);
        continue;
      }
      if (state) {
        state->id = line.last.id;
        line.last = legacy_view(*std::move(state));
        ledger_.seen(caller, line.last);
      }
    }
    if (out.back() != '[') out += ',';
    out += protocol::encode_task(Era::legacy, line.last);
  }
  out += ']';
  if (more) {
    std::string place = "tasks:" + std::to_string(lines.back().number);
    out += ",\"nextCursor\":" + base::quoted(carrier_.seal(CarriedKind::cursor, place, caller, now + kCursorTime));
  }
  co_return Reply(out + "}");
}

}  // namespace gateway
