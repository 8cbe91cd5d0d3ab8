// The part of ServerTasks that answers requests about tasks, and takes up what an earlier process left.
#include <charconv>
#include <set>

#include "base/json.h"
#include "base/log.h"
#include "oauth/principal.h"
#include "protocol/results.h"
#include "protocol/splice.h"
#include "sdk/caller.h"
#include "sdk/server_tasks_live.h"
#include "sdk/session.h"

namespace sdk {

using mcp::Json;
using mcp::JsonWriter;
using mcp::TaskStatus;
using protocol::Era;
using protocol::Method;

namespace {

constexpr Millis kSweep{60'000};
constexpr Millis kRecovery{10'000};
constexpr std::size_t kLongestId = 128;
constexpr std::size_t kLargestPage = 100;

// The outlet of a call whose request is long over.
class NoOutlet final : public Outlet {
 public:
  explicit NoOutlet(Loop& loop) : loop_(loop) {}
  Result<> notify(Method, std::string_view) override { return Error(Code::cancelled, "nobody reads any more"); }
  Task<std::string> request(Method, std::string) override { co_return Error(Code::denied, "nobody can be asked any more"); }
  std::stop_token stop_token() const override { return {}; }
  Loop& loop() override { return loop_; }

 private:
  Loop& loop_;
};

protocol::RpcError unknown_task() { return protocol::invalid_params("there is no such task (any more)"); }

// A point in a list, as text that a client hands back.
std::string encode_place(const mcp::StoredTask& task) {
  return std::to_string(std::chrono::duration_cast<Millis>(task.created.time_since_epoch()).count()) + "." + task.id;
}
std::optional<mcp::TaskStore::Place> decode_place(std::string_view cursor) {
  auto text = base::json_string(cursor);
  auto dot = text ? text->find('.') : std::string::npos;
  if (dot == std::string::npos) return std::nullopt;
  std::int64_t millis = 0;
  auto [end, ec] = std::from_chars(text->data(), text->data() + dot, millis);
  if (ec != std::errc() || end != text->data() + dot || millis < 0 || millis > 100'000'000'000'000) return std::nullopt;
  return mcp::TaskStore::Place{mcp::TaskStore::Time(Millis(millis)), text->substr(dot + 1)};
}

// What the client has not answered, but for what `asked` has, and what is being asked elsewhere.
std::string next_question(const mcp::StoredTask& task, const std::set<std::string>& asked, const std::set<std::string>& elsewhere) {
  if (task.status != TaskStatus::input_required || !base::is_object(task.requests)) return {};
  base::Members requests(task.requests);
  while (requests.next()) {
    std::string key(requests.key());
    if (!asked.contains(key) && !elsewhere.contains(key)) return key;
  }
  return {};
}

// Who called, as client_of() noted it; null where nobody had signed in.
std::shared_ptr<const oauth::Principal> caller_of(std::string_view client) {
  auto known = Json::parse(client);
  if (!known || !(*known)["caller"]) return nullptr;
  mcp::JsonView caller = (*known)["caller"];
  auto principal = std::make_shared<oauth::Principal>();
  principal->issuer = caller["issuer"].string_or("");
  principal->subject = caller["subject"].string_or("");
  principal->client_id = caller["client"].string_or("");
  principal->key = principal->issuer + "#" + principal->subject;
  caller["scopes"].each_element([&](mcp::JsonView scope) { principal->scopes.emplace_back(scope.string_or("")); });
  return principal;
}

// What the call would have been answered with.
Reply outcome_of(const protocol::Revision& revision, const mcp::StoredTask& task) {
  if (task.status == TaskStatus::completed) {
    JsonWriter related;
    related.object().field("taskId", task.id).end();
    std::string result = protocol::result_for(revision, Method::tools_call, task.outcome, {}, {});
    return Reply(protocol::with_meta(result, {{protocol::meta_key::kRelatedTask, related.text()}}));
  }
  if (task.status == TaskStatus::cancelled) return Reply(protocol::to_rpc(Error(Code::cancelled, "the task was cancelled")));
  protocol::RpcError error;
  error.code = static_cast<int>(base::json_integer(base::find_member(task.outcome, "code")).value_or(protocol::kInternalError));
  error.message = base::json_string(base::find_member(task.outcome, "message")).value_or("the task failed");
  error.data = base::find_member(task.outcome, "data");
  error.http_status = 200;
  return Reply(std::move(error));
}

}  // namespace

ServerTasks::LivePtr ServerTasks::live(const std::string& id) const {
  auto found = lives_.find(id);
  return found == lives_.end() ? nullptr : found->second;
}

Task<void> ServerTasks::ready() {
  while (!ready_) co_await recovered_.wait(loop_.timers(), {}, base::Timers::now() + kRecovery);
}

Task<std::optional<ServerTasks::Row>> ServerTasks::find(std::string id, std::string caller) {
  if (id.empty() || id.size() > kLongestId) co_return std::optional<Row>();
  co_await ready();
  if (LivePtr task = live(id); task && task->latest.expired(now())) expire(task);
  std::optional<Row> row;
  if (LivePtr task = live(id)) {
    row = task->visible;
  } else {
    std::function<Result<std::optional<Row>>()> look = [store = store_, id] { return store->find(id); };
    row = co_await stored<std::optional<Row>>(std::move(look));
  }
  if (!row || row->expired(now()) || !is_open_to(row->owner, caller)) co_return std::optional<Row>();
  co_return row;
}

Task<std::vector<mcp::StoredTask>> ServerTasks::find_all(std::vector<std::string> ids, std::string caller) {
  std::vector<Row> all;
  for (const auto& id : ids) {
    std::optional<Row> row = co_await find(id, caller);
    if (row) all.push_back(*std::move(row));
  }
  for (auto& row : all)
    if (LivePtr task = live(row.id)) row = task->visible;
  co_return all;
}

Task<Reply> ServerTasks::handle(Inbound in, Outlet& out) {
  // Legacy: part of one revision, and of no other (Tasks).
  if (in.modern() || in.revision().features.tasks_core) switch (in.method()) {
      case Method::tasks_get: return get(std::move(in));
      case Method::tasks_update: return update(std::move(in));
      case Method::tasks_cancel: return cancel(std::move(in));
      case Method::tasks_list: return list(std::move(in));
      case Method::tasks_result: return result(std::move(in), out);
      default: break;
    }
  auto refuse = [](protocol::RpcError error) -> Task<Reply> { co_return Reply(std::move(error)); };
  return refuse(protocol::method_not_found(in.rpc.message.method));
}

Task<Reply> ServerTasks::get(Inbound in) {
  auto id = protocol::read_task_id(in.rpc.params);
  if (!id) co_return Reply(std::move(id.error()));
  std::optional<Row> row = co_await find(*std::move(id), owner_of(in));
  if (!row) co_return Reply(unknown_task());
  Reply reply(describe(in.revision(), *row));
  if (LivePtr task = in.session ? live(row->id) : nullptr) ask_on_stream(task, in.session->id());
  co_return reply;
}

Task<Reply> ServerTasks::update(Inbound in) {
  auto id = protocol::read_task_id(in.rpc.params);
  if (!id) co_return Reply(std::move(id.error()));
  auto read = protocol::read_input_responses(in.rpc.params);
  if (!read) co_return Reply(std::move(read.error()));
  std::vector<std::pair<std::string, std::string>> responses;
  for (auto& [key, value] : *read) responses.emplace_back(std::move(key), std::string(value));
  std::optional<Row> row = co_await find(*id, owner_of(in));
  if (!row) co_return Reply(unknown_task());
  // A task that has ended, or waits for nothing, takes no answers; that is no error (SEP-2663, "Task Input Requests").
  if (LivePtr task = live(*id)) co_await deliver(std::move(task), std::move(responses));
  co_return Reply(std::string("{}"));
}

Task<Reply> ServerTasks::cancel(Inbound in) {
  auto id = protocol::read_task_id(in.rpc.params);
  if (!id) co_return Reply(std::move(id.error()));
  std::optional<Row> row = co_await find(*id, owner_of(in));
  if (!row) co_return Reply(unknown_task());
  LivePtr task = live(*id);
  if (!task || mcp::has_ended(task->latest.status)) {
    if (in.modern()) co_return Reply(std::string("{}"));
    const Row& ended = task ? task->latest : *row;
    co_return Reply(protocol::invalid_params("the task has ended: it is " + std::string(mcp::task_status_name(ended.status))));
  }
  task->latest.status = TaskStatus::cancelled;
  task->latest.message = "cancelled by its caller";
  task->latest.requests.clear();
  cut(task);
  co_await commit(task);
  if (in.modern()) co_return Reply(std::string("{}"));
  co_return Reply(describe(in.revision(), task->visible));
}

Task<Reply> ServerTasks::list(Inbound in) {
  std::string owner = owner_of(in);
  mcp::TaskStore::Place after;
  if (!in.rpc.params.cursor.empty()) {
    auto place = decode_place(in.rpc.params.cursor);
    if (!place) co_return Reply(protocol::invalid_params("this cursor is not valid: start from the first page"));
    after = *std::move(place);
  }
  co_await ready();
  const std::size_t page = std::min(page_size_, kLargestPage);
  std::function<Result<std::vector<Row>>()> look = [store = store_, owner, after, page] { return store->list(owner, after, page + 1); };
  std::vector<Row> rows = co_await stored<std::vector<Row>>(std::move(look));
  const bool more = rows.size() > page;
  if (more) rows.resize(page);
  JsonWriter w;
  w.object().key("tasks").array();
  for (auto& row : rows) {
    if (LivePtr task = live(row.id)) row = task->visible;
    if (!row.expired(now())) w.raw(describe(in.revision(), row));
  }
  w.end();
  if (more) w.field("nextCursor", encode_place(rows.back()));
  w.end();
  co_return Reply(std::move(w).text());
}

// Blocks until the task has ended; meanwhile this is the stream on which its client is asked (Tasks, "Input Required Status").
Task<Reply> ServerTasks::result(Inbound in, Outlet& out) {
  auto id = protocol::read_task_id(in.rpc.params);
  if (!id) co_return Reply(std::move(id.error()));
  std::string caller = owner_of(in);
  std::optional<Row> row = co_await find(*id, caller);
  if (!row) co_return Reply(unknown_task());
  std::set<std::string> asked;
  while (!mcp::has_ended(row->status)) {
    LivePtr task = live(*id);
    if (!task) break;
    std::string key = next_question(task->latest, asked, task->asking);
    if (!key.empty()) {
      asked.insert(key);
      co_await ask_one(task, key, &out);
    } else {
      Result<> woke = co_await task->changed.wait(loop_.timers(), out.stop_token(), base::Timers::now() + kSweep).result();
      if (!woke && woke.error().code == Code::cancelled) co_return std::move(woke).error();
    }
    row = task->visible;
  }
  if (!mcp::has_ended(row->status)) row = co_await find(*id, caller);
  if (!row || !mcp::has_ended(row->status)) co_return Reply(unknown_task());
  co_return outcome_of(in.revision(), *row);
}

Task<void> ServerTasks::ask_one(LivePtr task, std::string key, Outlet* out) {
  std::string_view request = base::find_member(task->latest.requests, key);
  Method method = protocol::find_method(base::json_string(base::find_member(request, "method")).value_or(""));
  JsonWriter related;
  related.object().field("taskId", task->latest.id).end();
  std::string params = protocol::with_meta(base::find_member(request, "params"), {{protocol::meta_key::kRelatedTask, related.text()}});
  // The legacy era wants a name for a visit to a page.
  if (base::find_member(params, "mode") == "\"url\"" && base::find_member(params, "elicitationId").empty())
    params = protocol::with_members(params, {{"elicitationId", base::quoted(random_id())}});
  // Others ask what this one is not asking, and may ask this too once it has given up.
  struct Claim {
    LivePtr task;
    std::string key;
    ~Claim() { task->asking.erase(key); }
  };
  Result<std::string> answer = std::string();
  {
    Claim claim{task, key};
    task->asking.insert(key);
    answer = co_await out->request(method, std::move(params)).result();
  }
  if (answer) {
    std::vector<std::pair<std::string, std::string>> responses;
    responses.emplace_back(std::move(key), *std::move(answer));
    co_await deliver(std::move(task), std::move(responses));
    co_return;
  }
  const Code code = answer.error().code;
  // Nobody was asked: the task waits on, for another stream.
  const bool unasked = code == Code::cancelled || code == Code::denied || code == Code::unavailable || code == Code::rate_limited;
  if (unasked) task->changed.wake({});
  if (unasked) co_await std::move(answer);
  if (task->latest.status != TaskStatus::input_required) co_return;
  co_await finish(std::move(task), std::move(answer));
}

Task<void> ServerTasks::ask_all(LivePtr task, Outlet* out) {
  const std::set<std::string> none;
  for (std::string key; !(key = next_question(task->latest, none, task->asking)).empty();) co_await ask_one(task, key, out);
}

// Some clients wait for the question where they hear all else (Tasks, "Input Required Status"). They ask for the task's state, and so
// know of it; those that wait for its result have been asked there already.
void ServerTasks::ask_on_stream(const LivePtr& task, const std::string& session) {
  if (next_question(task->latest, {}, task->asking).empty()) return;
  host_.on_stream(session, [this, task](Outlet* out) { return ask_all(task, out); });
}

Task<void> ServerTasks::recover() {
  std::function<Result<std::vector<Row>>()> look = [store = store_, time = now()]() -> Result<std::vector<Row>> {
    if (auto swept = store->expire(time); !swept) return std::move(swept).error();
    return store->open_tasks();
  };
  Result<std::vector<Row>> rows = co_await stored<std::vector<Row>>(std::move(look)).result();
  if (!rows) {
    base::log::error("the tasks of an earlier run cannot be read", {{"error", rows.error().message}});
  } else {
    for (auto& row : *rows) co_await recover_one(std::move(row));
  }
  ready_ = true;
  recovered_.wake({});
}

Task<void> ServerTasks::recover_one(Row row) {
  mcp::detail::ToolEntry* tool = host_.tool(row.tool);
  const bool known = tool && tool->about.options.task != mcp::TaskSupport::forbidden;
  const bool goes_on =
      known && (row.status == TaskStatus::input_required || tool->about.options.task_restart == mcp::TaskRestart::run_again);
  if (!goes_on) {
    Error error(Code::unavailable, known ? "the server was started anew while this task ran: call the tool again"
                                         : "the server was started anew and has no such tool any more");
    row.status = TaskStatus::failed;
    row.message = error.message;
    row.outcome = protocol::error_object(protocol::to_rpc(error));
    row.requests.clear();
    row.updated = now();
    std::function<Result<>()> update = [store = store_, row] { return store->update(row); };
    Result<> kept = co_await stored<void>(std::move(update)).result();
    if (!kept) base::log::error("a task could not be stored", {{"tool", row.tool}, {"error", kept.error().message}});
    co_return;
  }
  Inbound in;
  in.rpc.revision = &protocol::latest_modern();
  in.rpc.params.meta.raw = base::find_member(row.client, "meta");
  in.client_info = base::find_member(row.client, "info");
  in.client_capabilities = base::find_member(row.client, "capabilities");
  in.caller = caller_of(row.client);
  NoOutlet out(loop_);
  auto call = std::make_shared<CallState>(loop_, workers_, in, out);
  call->outlive_request();
  LivePtr task = make_live(std::move(row), tool, std::move(call));
  task->created = true;
  task->visible = task->latest;
  task->call->outlive_request();
  enlist(task);
  if (task->latest.status == TaskStatus::working) running_.spawn(run(std::move(task), {}));
}

void ServerTasks::sweep() {
  auto work = [](ServerTasks* self) -> Task<void> {
    std::function<Result<>()> expire_all = [store = self->store_, time = self->now()] { return store->expire(time); };
    Result<> swept = co_await self->stored<void>(std::move(expire_all)).result();
    if (!swept) base::log::error("expired tasks could not be deleted", {{"error", swept.error().message}});
  };
  running_.spawn(work(this));
  sweep_ = base::Deadline(loop_.timers(), base::Timers::now() + kSweep, [this] { sweep(); });
}

}  // namespace sdk
