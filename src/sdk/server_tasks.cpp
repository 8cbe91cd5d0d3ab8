#include "sdk/server_tasks.h"

#include <algorithm>

#include "base/json.h"
#include "base/log.h"
#include "oauth/principal.h"
#include "protocol/results.h"
#include "protocol/splice.h"
#include "sdk/caller.h"
#include "sdk/question.h"
#include "sdk/server_tasks_live.h"
#include "sdk/session.h"

namespace sdk {

using mcp::Json;
using mcp::JsonView;
using mcp::JsonWriter;
using mcp::TaskStatus;
using protocol::Era;
using protocol::Method;

namespace {

constexpr Millis kSweep{60'000};
constexpr std::size_t kLongestMessage = 1000;

bool is_error_result(std::string_view result) { return base::is_object(result) && base::find_member(result, "isError") == "true"; }

// What the client is shown of `requests`, which also hold the handler's own key for each.
std::string shown(std::string_view requests) {
  std::string out = "{";
  if (!base::is_object(requests)) return "{}";
  base::Members members(requests);
  while (members.next()) {
    if (out.size() > 1) out += ',';
    base::append_json_string(out, members.key());
    out += ':';
    out += protocol::without_members(members.value(), {"key"});
  }
  return out += '}';
}

std::string client_of(const Inbound& in) {
  JsonWriter w;
  w.object().key("info").raw(in.client_info).key("capabilities").raw(in.client_capabilities);
  std::string_view meta = in.rpc.params.meta.raw;
  w.key("meta").raw(meta.empty() ? "{}" : meta);
  if (in.caller) {
    w.key("caller").object().field("issuer", in.caller->issuer).field("subject", in.caller->subject);
    w.field("client", in.caller->client_id).key("scopes").array();
    for (const auto& scope : in.caller->scopes) w.value(scope);
    w.end().end();
  }
  w.end();
  return std::move(w).text();
}

protocol::TaskState state_of(const mcp::StoredTask& row) {
  protocol::TaskState state;
  state.id = row.id;
  state.status = row.status;
  state.message = row.message;
  state.created = protocol::iso_time(row.created);
  state.updated = protocol::iso_time(row.updated);
  state.ttl = row.ttl;
  state.poll = row.poll;
  return state;
}

}  // namespace

std::string ServerTasks::describe(const protocol::Revision& revision, const Row& row) {
  protocol::TaskState state = state_of(row);
  if (revision.era == Era::legacy) {
    // There a tool that reports an error has failed (Tasks, "Task Status").
    if (state.status == TaskStatus::completed && is_error_result(row.outcome)) state.status = TaskStatus::failed;
    return protocol::encode_task(Era::legacy, state);
  }
  if (row.status == TaskStatus::input_required) state.input_requests = shown(row.requests);
  if (row.status == TaskStatus::completed) state.result = protocol::result_for(revision, Method::tools_call, row.outcome, {}, {});
  if (row.status == TaskStatus::failed) state.error = row.outcome;
  return protocol::encode_task(Era::modern, state);
}

ServerTasks::ServerTasks(Loop& loop, base::BlockingPool& workers, mcp::TaskOptions options, std::size_t page_size, TaskHost host)
    : loop_(loop),
      workers_(workers),
      options_(std::move(options)),
      store_(options_.store),
      page_size_(page_size),
      host_(std::move(host)),
      self_(std::make_shared<ServerTasks*>(this)) {
  ready_ = !store_;
  if (!store_) store_ = mcp::memory_task_store();
  if (store_->blocks()) writer_ = std::make_unique<base::BlockingPool>(1);
  sweep_ = base::Deadline(loop_.timers(), base::Timers::now() + kSweep, [this] { sweep(); });
  if (ready_) return;
  // Handlers that run again do so from the loop, not from whoever makes a server.
  loop_.post([weak = std::weak_ptr(self_)] {
    if (auto self = weak.lock()) (*self)->running_.spawn((*self)->recover());
  });
}

ServerTasks::~ServerTasks() = default;

mcp::TaskStore::Time ServerTasks::now() const {
  auto time = options_.now ? options_.now() : std::chrono::system_clock::now();
  return std::chrono::time_point_cast<Millis>(time);
}

protocol::RpcResult<ServerTasks::Way> ServerTasks::way(const mcp::detail::ToolEntry& tool, const Inbound& in) const {
  const mcp::TaskSupport support = tool.about.options.task;
  const std::string_view name = tool.about.name;
  if (in.modern()) {
    if (support == mcp::TaskSupport::forbidden) return Way::call;
    if (protocol::declares_extension(in.client_capabilities, protocol::kTasksExtension)) return Way::task;
    if (support == mcp::TaskSupport::optional) return Way::call;
    return protocol::missing_capability("the tool '" + std::string(name) + "' needs a client with the tasks extension",
                                        protocol::kTasksRequired);
  }
  std::string_view wish = in.revision().features.tasks_core ? in.rpc.params.task : std::string_view();
  auto refused = [&](const char* why) {
    protocol::RpcError error = protocol::method_not_found(in.rpc.message.method);
    error.message = "the tool '" + std::string(name) + "' " + why;
    return error;
  };
  if (wish.empty()) {
    if (support != mcp::TaskSupport::required) return Way::call;
    return refused("can only be called as a task: send `task` with the call");
  }
  if (auto read = protocol::read_task_wish(wish); !read) return std::move(read.error());
  if (support == mcp::TaskSupport::forbidden) return refused("cannot be called as a task: leave `task` out");
  return Way::task;
}

ServerTasks::LivePtr ServerTasks::make_live(Row row, mcp::detail::ToolEntry* tool, std::shared_ptr<CallState> call) {
  auto made = std::make_shared<Live>();
  made->latest = std::move(row);
  made->tool = tool;
  made->call = std::move(call);
  std::weak_ptr<Live> weak = made;
  auto on_status = [this, weak](std::string text) {
    auto task = weak.lock();
    if (!task || mcp::has_ended(task->latest.status)) return;
    task->latest.message = text.substr(0, kLongestMessage);
    task->latest.updated = now();
    if (!task->created) return;
    task->visible.message = task->latest.message;
    task->visible.updated = task->latest.updated;
    host_.changed(task->visible, task->session);
  };
  auto on_begin = [this, weak]() -> Task<void> {
    auto nothing = []() -> Task<void> { co_return; };
    auto task = weak.lock();
    return task ? begin(std::move(task)) : nothing();
  };
  made->call->may_be_task(on_status, on_begin);
  return made;
}

Task<Reply> ServerTasks::open(mcp::detail::ToolEntry* tool, Inbound in, std::shared_ptr<CallState> call, std::string context) {
  Row row;
  row.owner = owner_of(in);
  row.tool = tool->about.name;
  row.arguments = in.rpc.params.arguments.empty() ? "{}" : std::string(in.rpc.params.arguments);
  row.client = client_of(in);
  row.answers = call->answers();
  row.state = call->state();
  row.ttl = options_.ttl;
  row.poll = options_.poll;
  if (auto tree = Json::parse(row.arguments); !tree) co_return Reply(protocol::invalid_params(tree.error().leaving()));
  if (!in.modern()) {
    auto wish = protocol::read_task_wish(in.rpc.params.task);
    if (wish && wish->count() > 0) row.ttl = std::min(row.ttl, *wish);
  }
  const Era era = in.rpc.era;
  LivePtr task = make_live(std::move(row), tool, std::move(call));
  if (in.session) task->session = in.session->id();
  co_await ready();

  if (era == Era::modern && tool->about.options.task_start == mcp::TaskStart::by_handler) {
    task->reply = std::make_shared<base::OneShot<Reply>>();
    auto answer = task->reply;
    running_.spawn(run(std::move(task), std::move(context)));
    Result<Reply> reply = co_await answer->wait();
    co_return reply;
  }
  co_await begin(task);
  std::string created = protocol::encode_created_task(era, state_of(task->latest));
  running_.spawn(run(std::move(task), std::move(context)));
  co_return Reply(std::move(created));
}

Task<void> ServerTasks::begin(LivePtr task) {
  if (task->created) co_return;
  if (mcp::has_ended(task->latest.status)) co_await mcp::fail(Code::cancelled, "the call has been answered already");
  if (task->call->stop_token().stop_requested()) co_await mcp::fail(Code::cancelled, "the call was cancelled before it became a task");
  Row& row = task->latest;
  row.id = random_id();
  row.created = row.updated = now();
  std::function<Result<>()> insert = [store = store_, row, limits = options_.limits, time = row.created] {
    return store->insert(row, limits, time);
  };
  co_await stored<void>(std::move(insert));
  if (task->call->stop_token().stop_requested()) {
    // Nobody will ever hear of it.
    co_await forget(row.id);
    co_await mcp::fail(Code::cancelled, "the call was cancelled before it became a task");
  }
  task->created = true;
  task->visible = row;
  task->call->outlive_request();
  enlist(task);
  if (!task->reply) co_return;
  Reply reply(protocol::encode_created_task(Era::modern, state_of(row)));
  std::exchange(task->reply, {})->set(std::move(reply));
}

void ServerTasks::enlist(const LivePtr& task) {
  lives_[task->latest.id] = task;
  // A timer of the loop cannot reach arbitrarily far; the row itself knows the exact end.
  auto left = std::chrono::duration_cast<Millis>(task->latest.created + task->latest.ttl - now());
  left = std::clamp(left, Millis(0), Millis(std::chrono::hours(24 * 365)));
  std::weak_ptr<Live> weak = task;
  task->expiry = base::Deadline(loop_.timers(), base::Timers::now() + left, [this, weak] {
    auto found = weak.lock();
    if (found && found->latest.expired(now())) expire(found);
  });
}

// Ends what stands behind the task: its handler is told to stop, and its outcome will not count.
void ServerTasks::cut(const LivePtr& task) {
  task->limit = {};
  task->call->stop();
}

void ServerTasks::expire(const LivePtr& task) {
  LivePtr keep = task;
  if (!mcp::has_ended(keep->latest.status)) keep->latest.status = TaskStatus::cancelled;
  keep->visible.status = keep->latest.status;
  lives_.erase(keep->latest.id);
  cut(keep);
  running_.spawn(forget(keep->latest.id));
  keep->changed.wake({});
}

Task<void> ServerTasks::forget(std::string id) {
  std::function<Result<>()> remove = [store = store_, gone = std::move(id)] { return store->remove(gone); };
  Result<> removed = co_await stored<void>(std::move(remove)).result();
  if (!removed) base::log::error("a task could not be deleted", {{"error", removed.error().message}});
}

// One run of the handler; what it asks for parks the task, and the answers run it again.
Task<void> ServerTasks::run(LivePtr task, std::string context) {
  auto deadline = task->tool->about.options.deadline;
  if (deadline.count() > 0) {
    std::weak_ptr<Live> weak = task;
    task->limit =
        base::Deadline(loop_.timers(), base::Timers::now() + std::chrono::duration_cast<Millis>(deadline), [this, weak, deadline] {
          auto late = weak.lock();
          if (!late || mcp::has_ended(late->latest.status)) return;
          Error error(Code::timeout, "the tool did not answer within " + std::to_string(deadline.count()) + " ms");
          running_.spawn(finish(late, std::move(error)));
          cut(late);
        });
  }
  for (;;) {
    if (mcp::has_ended(task->latest.status)) co_return;
    Json arguments = co_await Json::parse(task->latest.arguments);
    task->call->answered(task->latest.answers.empty() ? "{}" : task->latest.answers, task->latest.state);
    Task<std::string> handler = host_.run(task->tool, std::move(arguments), task->call);
    Result<std::string> result = co_await std::move(handler).result();
    if (mcp::has_ended(task->latest.status)) co_return;
    if (result || !is_question(result.error())) {
      co_await finish(task, std::move(result));
      co_return;
    }
    if (!task->created) {
      Task<std::optional<Reply>> asking = host_.ask(std::move(result).error(), task->call, std::move(context));
      Result<std::optional<Reply>> reply = co_await std::move(asking).result();
      auto answer = std::exchange(task->reply, {});
      task->latest.status = TaskStatus::cancelled;
      task->limit = {};
      if (!answer) co_return;
      if (!reply)
        answer->set(std::move(reply).error());
      else if (*reply)
        answer->set(**std::move(reply));
      else
        answer->set(Error(Code::internal, "a question without a reply", "internal error"));
      co_return;
    }
    bool again = co_await park(task, std::move(result).error());
    if (!again) co_return;
  }
}

Task<void> ServerTasks::finish(LivePtr task, Result<std::string> result) {
  task->limit = {};
  const bool as_error = !result && protocol::facts(result.error().code).tool_failure == protocol::ToolFailure::as_error;
  if (!task->created) {
    task->latest.status = TaskStatus::cancelled;  // it never was a task; a late begin_task() finds no one to tell
    auto answer = std::exchange(task->reply, {});
    if (!answer) co_return;
    if (as_error)
      answer->set(std::move(result).error());
    else
      answer->set(Reply(result ? *std::move(result) : protocol::tool_error_result(result.error().leaving())));
    co_return;
  }
  if (as_error) {
    base::log::warn("a task failed", {{"tool", task->latest.tool}, {"error", result.error().message}});
    protocol::RpcError error = protocol::to_rpc(result.error());
    co_await fail(std::move(task), std::move(error));
    co_return;
  }
  Row& row = task->latest;
  row.status = TaskStatus::completed;
  row.message = result ? "" : result.error().leaving().substr(0, kLongestMessage);
  row.outcome = result ? *std::move(result) : protocol::tool_error_result(result.error().leaving());
  row.requests.clear();
  co_await commit(std::move(task));
}

Task<void> ServerTasks::fail(LivePtr task, protocol::RpcError error) {
  Row& row = task->latest;
  row.status = TaskStatus::failed;
  row.message = error.message.substr(0, kLongestMessage);
  row.outcome = protocol::error_object(error);
  row.requests.clear();
  co_await commit(std::move(task));
}

// Notes what the handler asks. True when there is nothing to wait for, and it is to be run again.
Task<bool> ServerTasks::park(LivePtr task, Error question) {
  Json asked = co_await Json::parse(question.data);
  JsonView requests = asked["inputRequests"];
  Row& row = task->latest;
  if (++task->rounds > kMostRounds) {
    protocol::RpcError error = protocol::to_rpc(Error(Code::internal, "the tool asked too often", "internal error"));
    co_await fail(task, std::move(error));
    co_return false;
  }
  if (auto lacking = lacking_capability(requests, *task->call)) {
    co_await fail(task, *std::move(lacking));
    co_return false;
  }
  row.state = asked["state"].string_or("");
  if (requests.size() == 0) co_return true;
  // A key is never used twice in a task's life; what a handler asks again gets a new one (SEP-2663, "Task Input Requests").
  JsonWriter w;
  w.object();
  for (std::size_t i = 0; i < requests.size(); ++i) {
    std::string key(requests.key(i));
    bool used = base::is_object(row.answers) && !base::find_member(row.answers, key).empty();
    w.key(used ? key + "-" + random_id().substr(0, 12) : key).object().field("key", key);
    w.field("method", requests.at(i)["method"].string_or("")).key("params").raw(requests.at(i)["params"].text()).end();
  }
  w.end();
  row.requests = std::move(w).text();
  row.status = TaskStatus::input_required;
  co_await commit(std::move(task));
  co_return false;
}

// Takes the answers that were asked for, and runs the handler again once none is missing.
Task<void> ServerTasks::deliver(LivePtr task, std::vector<std::pair<std::string, std::string>> responses) {
  Row& row = task->latest;
  if (row.status != TaskStatus::input_required) co_return;
  bool news = false;
  for (const auto& [key, value] : responses) {
    std::string_view request = base::find_member(row.requests, key);
    if (request.empty()) continue;
    std::string handlers_key = base::json_string(base::find_member(request, "key")).value_or(key);
    row.answers = protocol::with_members(row.answers, {{handlers_key, value}});
    row.requests = protocol::without_members(row.requests, {key});
    news = true;
  }
  if (!news) co_return;
  const bool complete = row.requests == "{}";
  if (complete) row.status = TaskStatus::working;
  co_await commit(task);
  if (complete) running_.spawn(run(std::move(task), {}));
}

// Keeps what was decided, and shows it then. Later decisions are kept later: the store is asked in order.
Task<void> ServerTasks::commit(LivePtr task) {
  task->latest.updated = now();
  Row row = task->latest;
  std::function<Result<>()> update = [store = store_, row] { return store->update(row); };
  Result<> kept = co_await stored<void>(std::move(update)).result();
  // A store that cannot write does not stop the work; the task is then shown from here for as long as the process lives.
  if (!kept && kept.error().code != Code::not_found)
    base::log::error("a task could not be stored", {{"tool", row.tool}, {"error", kept.error().message}});
  const bool last = mcp::has_ended(row.status);
  if (mcp::has_ended(task->visible.status)) co_return;
  task->visible = std::move(row);
  if (last && kept) lives_.erase(task->visible.id);
  if (last) task->limit = {};
  told(task);
}

void ServerTasks::told(const LivePtr& task) {
  LivePtr keep = task;
  host_.changed(keep->visible, keep->session);
  keep->changed.wake({});
}

}  // namespace sdk
