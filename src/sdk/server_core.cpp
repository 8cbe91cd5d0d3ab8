#include "sdk/server_core.h"

#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "net/http_message.h"
#include "sdk/contents.h"
#include "sdk/nearest.h"
#include "sdk/question.h"
#include "sdk/session.h"

namespace sdk {

using mcp::Json;
using mcp::JsonView;
using mcp::JsonWriter;
using protocol::Method;

namespace {

void field_if(JsonWriter& w, std::string_view key, const std::string& value) {
  if (!value.empty()) w.field(key, value);
}

// `execution` is known to one legacy revision only (Tasks, "Tool-Level Negotiation").
enum class Execution { unsaid, said };
std::string tool_definition(const mcp::RawTool& tool, Execution execution) {
  JsonWriter w;
  w.object().field("name", tool.name);
  field_if(w, "title", tool.options.title);
  w.field("description", tool.description).key("inputSchema").raw(tool.input_schema);
  if (!tool.output_schema.empty()) w.key("outputSchema").raw(tool.output_schema);
  const auto& a = tool.options.annotations;
  if (a.read_only || a.destructive || a.idempotent || a.open_world) {
    w.key("annotations").object();
    if (a.read_only) w.field("readOnlyHint", *a.read_only);
    if (a.destructive) w.field("destructiveHint", *a.destructive);
    if (a.idempotent) w.field("idempotentHint", *a.idempotent);
    if (a.open_world) w.field("openWorldHint", *a.open_world);
    w.end();
  }
  if (execution == Execution::said) {
    static constexpr std::string_view kSupport[] = {"forbidden", "optional", "required"};
    w.key("execution").object().field("taskSupport", kSupport[static_cast<std::size_t>(tool.options.task)]).end();
  }
  w.end();
  return std::move(w).text();
}

std::string prompt_definition(const mcp::detail::PromptEntry& prompt) {
  JsonWriter w;
  w.object().field("name", prompt.name);
  field_if(w, "title", prompt.title);
  w.field("description", prompt.description).key("arguments").array();
  for (const auto& argument : prompt.arguments) {
    w.object().field("name", argument.name);
    field_if(w, "description", argument.description);
    w.field("required", argument.required).end();
  }
  w.end().end();
  return std::move(w).text();
}

std::string template_definition(const mcp::detail::TemplateEntry& entry) {
  JsonWriter w;
  w.object().field("uriTemplate", entry.uri_template).field("name", entry.about.name.empty() ? entry.uri_template : entry.about.name);
  field_if(w, "title", entry.about.title);
  field_if(w, "description", entry.about.description);
  field_if(w, "mimeType", entry.about.mime_type);
  w.end();
  return std::move(w).text();
}

// Ends a call's link to the wire whichever way its Task ends.
struct Ending {
  std::shared_ptr<CallState> call;
  ~Ending() { call->end(); }
};

}  // namespace

ServerCore::ServerCore(Loop& loop, mcp::Server& server)
    : loop_(loop), registry_(server.registry()), self_(std::make_shared<ServerCore*>(this)) {
  auto& r = *registry_;
  JsonWriter w;
  w.object().field("name", r.name).field("version", r.version);
  field_if(w, "title", r.title);
  w.end();
  info_ = std::move(w).text();
  hints_.ttl = r.ttl;
  for (auto& tool : r.tools) {
    tool_list_.push_back(tool_definition(tool.about, Execution::unsaid));
    tool_list_with_tasks_.push_back(tool_definition(tool.about, Execution::said));
    auto headers = protocol::tool_header_map(tool.about.input_schema);
    tools_.emplace(tool.about.name, Tool{&tool, headers ? *std::move(headers) : protocol::ToolHeaders{}});
  }
  for (auto& prompt : r.prompts) {
    prompt_list_.push_back(prompt_definition(prompt));
    prompts_.emplace(prompt.name, &prompt);
  }
  for (auto& resource : r.resources) {
    resources_.emplace(resource.info.uri, &resource);
    if (!resource.listed) continue;
    JsonWriter entry;
    write_resource_info(entry, resource.info);
    resource_list_.push_back(std::move(entry).text());
  }
  for (const auto& skill : r.skills) skill_list_.push_back(skill.definition);
  for (auto& entry : r.templates) {
    template_list_.push_back(template_definition(entry));
    if (auto parsed = UriTemplate::parse(entry.uri_template)) templates_.push_back({&entry, *std::move(parsed)});
  }
  auto may_be_task = [](const auto& tool) { return tool.about.options.task != mcp::TaskSupport::forbidden; };
  if (std::any_of(r.tools.begin(), r.tools.end(), may_be_task))
    tasks_ = std::make_unique<ServerTasks>(loop_, pool_, r.tasks, r.page_size, task_host());
  std::lock_guard lock(r.mutex);
  r.listeners[this] = [executor = loop.executor(), weak = std::weak_ptr(self_)](mcp::detail::Change change, const std::string& uri) {
    base::asio::post(executor, [weak, change, uri] {
      if (auto self = weak.lock()) (*self)->changed(change, uri);
    });
  };
}

ServerCore::~ServerCore() {
  std::lock_guard lock(registry_->mutex);
  registry_->listeners.erase(this);
}

TaskHost ServerCore::task_host() {
  TaskHost host;
  host.tool = [this](std::string_view name) {
    auto found = tools_.find(name);
    return found == tools_.end() ? nullptr : found->second.entry;
  };
  host.run = [this](mcp::detail::ToolEntry* entry, Json arguments, std::shared_ptr<CallState> call) {
    return run_tool(&tools_.find(std::string_view(entry->about.name))->second, std::move(arguments), std::move(call));
  };
  host.ask = [this](Error asked, std::shared_ptr<CallState> call, std::string context) {
    return question(std::move(asked), std::move(call), std::move(context), Era::modern);
  };
  host.changed = [this](const mcp::StoredTask& task, const std::string& session) { task_changed(task, session); };
  host.on_stream = [this](const std::string& session, const std::function<Task<void>(Outlet*)>& ask) { ask_on_stream(session, ask); };
  return host;
}

protocol::MethodSet ServerCore::methods() const {
  protocol::MethodSet set{Method::server_discover, Method::initialize, Method::ping, Method::logging_set_level};
  const auto& r = *registry_;
  auto add = [&](std::initializer_list<Method> methods) {
    for (auto method : methods) set.add(method);
  };
  if (!r.tools.empty()) add({Method::tools_list, Method::tools_call});
  if (!r.prompts.empty()) add({Method::prompts_list, Method::prompts_get});
  bool resources = !r.resources.empty() || !r.templates.empty() || r.has_resource_list || r.has_skills;
  if (resources) add({Method::resources_list, Method::resources_templates_list, Method::resources_read});
  if (r.has_skills) add({Method::skills_list, Method::skills_get, Method::resources_directory_read});
  if (resources && r.resource_updates) add({Method::resources_subscribe, Method::resources_unsubscribe});
  if (r.tool_changes || r.prompt_changes || r.resource_changes || r.resource_updates) set.add(Method::subscriptions_listen);
  auto completes = [](const auto& entry) { return !entry.completions.empty(); };
  if (std::any_of(r.prompts.begin(), r.prompts.end(), completes) || std::any_of(r.templates.begin(), r.templates.end(), completes))
    set.add(Method::completion_complete);
  if (tasks_)
    add({Method::tasks_get, Method::tasks_update, Method::tasks_cancel, Method::tasks_list, Method::tasks_result,
         Method::subscriptions_listen});
  return set;
}

Task<protocol::ServerIdentity> ServerCore::identity(Inbound) {
  const auto& r = *registry_;
  protocol::MethodSet set = methods();
  JsonWriter w;
  w.object();
  if (set.has(Method::tools_list)) {
    w.key("tools").object();
    if (r.tool_changes) w.field("listChanged", true);
    w.end();
  }
  if (set.has(Method::prompts_list)) {
    w.key("prompts").object();
    if (r.prompt_changes) w.field("listChanged", true);
    w.end();
  }
  if (set.has(Method::resources_list)) {
    w.key("resources").object();
    if (r.resource_updates) w.field("subscribe", true);
    if (r.resource_changes) w.field("listChanged", true);
    w.end();
  }
  if (set.has(Method::completion_complete)) w.key("completions").object().end();
  if (tasks_) {
    w.key("tasks").object().key("list").object().end().key("cancel").object().end();
    w.key("requests").object().key("tools").object().key("call").object().end().end().end().end();
  }
  if (tasks_ || r.has_skills) {
    // Each era is shown its own of tasks: the extension, or the capability of the one revision that has it.
    w.key("extensions").object();
    if (tasks_) w.key(protocol::kTasksExtension).object().end();
    if (r.has_skills) w.key(protocol::kSkillsExtension).object().field("directoryRead", true).end();
    w.end();
  }
  w.key("logging").object().end().end();
  protocol::ServerIdentity identity;
  identity.info = info_;
  identity.capabilities = std::move(w).text();
  identity.instructions = r.instructions;
  co_return identity;
}

Task<Reply> ServerCore::handle(Inbound in, Outlet& out) {
  auto cursor = [&]() -> std::string_view { return in.rpc.params.cursor; };
  switch (in.method()) {
    case Method::tools_call: return call_tool(std::move(in), out);
    case Method::resources_list: return list_resources(std::move(in), out);
    case Method::resources_read: return read_resource(std::move(in), out);
    case Method::prompts_get: return get_prompt(std::move(in), out);
    case Method::completion_complete: return complete(std::move(in), out);
    case Method::subscriptions_listen: return listen(std::move(in), out);
    case Method::resources_subscribe:
    case Method::resources_unsubscribe: return subscribe(std::move(in), out);
    case Method::tasks_get:
    case Method::tasks_update:
    case Method::tasks_cancel:
    case Method::tasks_list:
    case Method::tasks_result:
      if (tasks_) return tasks_->handle(std::move(in), out);
      break;
    default: break;
  }
  auto now = [](Reply reply) -> Task<Reply> { co_return std::move(reply); };
  switch (in.method()) {
    case Method::tools_list:
      return now(list("tools", tasks_ && in.revision().features.tasks_core ? tool_list_with_tasks_ : tool_list_, cursor()));
    case Method::prompts_list: return now(list("prompts", prompt_list_, cursor()));
    case Method::resources_templates_list: return now(list("resourceTemplates", template_list_, cursor()));
    case Method::skills_list:
    case Method::skills_get:
    case Method::resources_directory_read: return now(skills(in));
    default: return now(Reply(protocol::method_not_found(in.rpc.message.method)));
  }
}

Reply ServerCore::list(std::string_view key, const Page& entries, std::string_view cursor, std::size_t most) const {
  std::size_t begin = 0;
  if (!cursor.empty()) {
    auto text = base::json_string(cursor);
    auto [end, ec] = text ? std::from_chars(text->data(), text->data() + text->size(), begin)
                          : std::from_chars_result{nullptr, std::errc::invalid_argument};
    if (ec != std::errc() || end != text->data() + text->size() || begin == 0 || begin >= entries.size() || begin % most != 0)
      return protocol::invalid_params("this cursor is not valid (any more): start from the first page");
  }
  std::size_t end = std::min(entries.size(), begin + most);
  JsonWriter w;
  w.object().key(key).array();
  for (std::size_t i = begin; i < end; ++i) w.raw(entries[i]);
  w.end();
  if (end < entries.size()) w.field("nextCursor", std::to_string(end));
  w.end();
  Reply reply(std::move(w).text());
  reply.hints = hints_;
  return reply;
}

template <class In, class Out>
Task<Out> ServerCore::run(const mcp::detail::Erased<In, Out>* handler, In input, std::shared_ptr<CallState> call) {
  if (handler->waits) co_return co_await handler->waits(std::move(input), mcp::Call(call));
  // An exception of the handler ends in this Task's promise.
  co_return handler->plain(std::move(input), mcp::Call(call));
}

Task<std::string> ServerCore::run_tool(Tool* tool, Json arguments, std::shared_ptr<CallState> call) {
  if (!tool->entry->about.options.blocking) co_return co_await run<Json, std::string>(&tool->entry->run, std::move(arguments), call);
  auto slot = std::make_shared<Result<std::string>>(Error(Code::internal, "the handler did not run", "internal error"));
  std::function<void()> work = [slot, json = arguments, keep = registry_, entry = tool->entry, call] {
    *slot = entry->run.plain(json, mcp::Call(call));
  };
  co_await call->run_blocking(std::move(work));
  co_return std::move(*slot);
}

// The body of a tool's call; it owns what it needs, so that it may go on when its answer is not awaited any more.
Task<Reply> ServerCore::run_late(Tool* tool, std::string arguments, std::shared_ptr<CallState> call, std::string context, Era era) {
  Result<std::string> result = std::string();
  auto tree = Json::parse(arguments.empty() ? "{}" : std::string_view(arguments));
  if (!tree) co_return Reply(protocol::tool_error_result(tree.error().leaving()));
  for (int round = 0; round < kMostRounds; ++round) {
    result = co_await run_tool(tool, *tree, call).result();
    if (result || !is_question(result.error())) break;
    std::optional<Reply> reply = co_await question(std::move(result).error(), call, context, era);
    if (reply) co_return *std::move(reply);
  }
  if (result) co_return Reply(*std::move(result));
  if (protocol::facts(result.error().code).tool_failure == protocol::ToolFailure::as_error) co_return std::move(result).error();
  co_return Reply(protocol::tool_error_result(result.error().leaving()));
}

Task<Reply> ServerCore::call_tool(Inbound in, Outlet& out) {
  auto found = tools_.find(std::string_view(in.rpc.name));
  if (found == tools_.end()) {
    std::vector<std::string_view> names;
    for (const auto& tool : registry_->tools) names.push_back(tool.about.name);
    auto near = nearest(in.rpc.name, names);
    co_return Reply(protocol::invalid_params("Unknown tool: " + in.rpc.name.substr(0, 200) +
                                             (near.empty() ? "" : "; did you mean " + std::string(near) + "?")));
  }
  Tool* tool = &found->second;
  if (in.http && in.modern() && !tool->headers.empty()) {
    auto lookup = [http = in.http](std::string_view name) { return http->find(name); };
    auto good = protocol::check_param_headers(tool->headers, in.rpc.params.arguments, lookup);
    if (!good) co_return Reply(std::move(good.error()));
  }
  ServerTasks::Way way = ServerTasks::Way::call;
  if (tasks_) {
    auto judged = tasks_->way(*tool->entry, in);
    if (!judged) co_return Reply(std::move(judged.error()));
    way = *judged;
  }
  auto call = std::make_shared<CallState>(loop_, pool_, in, out);
  Ending ending{call};
  co_await take_answers(in, *call);
  std::string arguments(in.rpc.params.arguments), context = seal_context(in);
  if (way == ServerTasks::Way::task) co_return co_await tasks_->open(tool->entry, std::move(in), call, std::move(context));
  const Era era = in.rpc.era;
  auto limit = tool->entry->about.options.deadline;
  if (limit.count() <= 0) co_return co_await run_late(tool, std::move(arguments), call, std::move(context), era);

  auto answer = std::make_shared<base::OneShot<Reply>>();
  auto whole = [](ServerCore* self, Tool* t, std::string a, std::shared_ptr<CallState> c, std::string x, Era e,
                  std::shared_ptr<base::OneShot<Reply>> slot) -> Task<void> {
    slot->set(co_await self->run_late(t, std::move(a), std::move(c), std::move(x), e).result());
  };
  late_.spawn(whole(this, tool, std::move(arguments), call, std::move(context), era, answer));
  auto expire = [answer, limit] {
    answer->set(Error(Code::timeout, "the tool did not answer within " + std::to_string(limit.count()) + " ms"));
  };
  base::Deadline deadline(loop_.timers(), base::Timers::now() + std::chrono::duration_cast<Millis>(limit), expire);
  Result<Reply> reply = co_await answer->wait();
  co_return reply;
}

Task<Reply> ServerCore::list_resources(Inbound in, Outlet& out) {
  // The fixed ones come first; a cursor of the dynamic ones carries its handler's own cursor behind a mark.
  std::string own;
  bool dynamic = resource_list_.empty();
  if (auto text = base::json_string(in.rpc.params.cursor); text && text->starts_with("more:")) {
    own = text->substr(5);
    dynamic = true;
  } else if (!in.rpc.params.cursor.empty()) {
    dynamic = false;
  }
  if (!dynamic || !registry_->has_resource_list) {
    Reply fixed = list("resources", resource_list_, in.rpc.params.cursor);
    if (fixed.error() || !registry_->has_resource_list || !base::find_member(fixed.result(), "nextCursor").empty()) co_return fixed;
    std::string text(fixed.result());
    text.pop_back();
    Reply more(text + R"(,"nextCursor":"more:"})");
    more.hints = hints_;
    co_return more;
  }
  auto call = std::make_shared<CallState>(loop_, pool_, in, out);
  Ending ending{call};
  mcp::ResourcePage page = co_await run<std::string, mcp::ResourcePage>(&registry_->resource_list, std::move(own), call);
  JsonWriter w;
  w.object().key("resources").array();
  for (const auto& info : page.resources) write_resource_info(w, info);
  w.end();
  if (!page.next_cursor.empty()) w.field("nextCursor", "more:" + page.next_cursor);
  w.end();
  Reply reply(std::move(w).text());
  reply.hints = hints_;
  co_return reply;
}

Task<Reply> ServerCore::read_resource(Inbound in, Outlet& out) {
  auto call = std::make_shared<CallState>(loop_, pool_, in, out);
  Ending ending{call};
  co_await take_answers(in, *call);
  std::string uri = in.rpc.name, mime_type;
  Result<std::vector<mcp::ResourceContents>> contents = Error(Code::not_found, "Resource not found: " + uri);
  if (auto found = resources_.find(std::string_view(uri)); found != resources_.end()) {
    mime_type = found->second->info.mime_type;
    contents = co_await run<mcp::detail::None, std::vector<mcp::ResourceContents>>(&found->second->run, {}, call).result();
  } else {
    for (const auto& one : templates_) {
      auto values = one.parsed.match(uri);
      if (!values) continue;
      mime_type = one.entry->about.mime_type;
      mcp::TemplateMatch match{uri, *std::move(values)};
      contents = co_await run<mcp::TemplateMatch, std::vector<mcp::ResourceContents>>(&one.entry->run, std::move(match), call).result();
      break;
    }
  }
  if (!contents && is_question(contents.error())) {
    std::optional<Reply> asked = co_await question(std::move(contents).error(), call, seal_context(in), in.rpc.era);
    if (asked) co_return *std::move(asked);
    co_return Error(Code::conflict, "a resource cannot ask a client of this revision");
  }
  if (!contents && contents.error().code == Code::not_found) {
    Reply missing(protocol::resource_not_found(uri));
    missing.from = &protocol::latest_modern();  // that is how it is written; older clients know another code
    co_return missing;
  }
  std::vector<mcp::ResourceContents> all = co_await std::move(contents);
  JsonWriter w;
  w.object().key("contents").array();
  for (auto& one : all) {
    if (one.uri.empty()) one.uri = uri;
    if (one.mime_type.empty()) one.mime_type = mime_type;
    write_contents(w, one);
  }
  w.end().end();
  Reply reply(std::move(w).text());
  reply.hints = hints_;
  co_return reply;
}

Task<Reply> ServerCore::get_prompt(Inbound in, Outlet& out) {
  auto found = prompts_.find(std::string_view(in.rpc.name));
  if (found == prompts_.end()) co_return Reply(protocol::invalid_params("Unknown prompt: " + in.rpc.name.substr(0, 200)));
  auto call = std::make_shared<CallState>(loop_, pool_, in, out);
  Ending ending{call};
  Json arguments = co_await Json::parse(in.rpc.params.arguments.empty() ? "{}" : in.rpc.params.arguments);
  co_await take_answers(in, *call);
  Result<mcp::PromptResult> outcome = mcp::PromptResult{};
  for (int round = 0; round < kMostRounds; ++round) {
    outcome = co_await run<Json, mcp::PromptResult>(&found->second->run, arguments, call).result();
    if (outcome || !is_question(outcome.error())) break;
    std::optional<Reply> asked = co_await question(std::move(outcome).error(), call, seal_context(in), in.rpc.era);
    if (asked) co_return *std::move(asked);
  }
  mcp::PromptResult result = co_await std::move(outcome);
  JsonWriter w;
  w.object();
  std::string description = result.description.empty() ? found->second->description : result.description;
  field_if(w, "description", description);
  w.key("messages").array();
  for (const auto& message : result.messages) {
    w.object().field("role", message.role == mcp::PromptMessage::Role::user ? "user" : "assistant").key("content");
    write_content(w, message.content);
    w.end();
  }
  w.end().end();
  co_return Reply(std::move(w).text());
}

Task<Reply> ServerCore::complete(Inbound in, Outlet& out) {
  Json params = co_await Json::parse(in.rpc.params.raw.empty() ? "{}" : in.rpc.params.raw);
  JsonView ref = params["ref"], argument = params["argument"];
  auto name = argument["name"].string();
  if (!name || !argument["value"].string()) co_return Reply(protocol::invalid_params("argument needs a name and a value"));
  const std::vector<std::pair<std::string, mcp::detail::Erased<mcp::CompletionRequest, mcp::Completion>>>* completions = nullptr;
  if (ref["type"].string_or("") == "ref/prompt") {
    if (auto found = prompts_.find(ref["name"].string_or("")); found != prompts_.end()) completions = &found->second->completions;
  } else if (ref["type"].string_or("") == "ref/resource") {
    std::string_view uri = ref["uri"].string_or("");
    for (const auto& one : templates_)
      if (one.entry->uri_template == uri || one.parsed.match(uri)) completions = &one.entry->completions;
    static const std::vector<std::pair<std::string, mcp::detail::Erased<mcp::CompletionRequest, mcp::Completion>>> kNone;
    if (!completions && resources_.contains(uri)) completions = &kNone;
  }
  if (!completions) co_return Reply(protocol::invalid_params("ref names no prompt and no resource template of this server"));

  mcp::CompletionRequest request;
  request.value = argument["value"].string_or("");
  params["context"]["arguments"].each_member(
      [&](std::string_view key, JsonView value) { request.context.emplace(std::string(key), std::string(value.string_or(""))); });
  mcp::Completion completion;
  auto call = std::make_shared<CallState>(loop_, pool_, in, out);
  Ending ending{call};
  for (const auto& [key, handler] : *completions)
    if (key == *name) completion = co_await run<mcp::CompletionRequest, mcp::Completion>(&handler, request, call);
  static constexpr std::size_t kMost = 100;
  bool more = completion.has_more || completion.values.size() > kMost;
  if (!completion.total && completion.values.size() > kMost) completion.total = static_cast<std::int64_t>(completion.values.size());
  if (completion.values.size() > kMost) completion.values.resize(kMost);
  JsonWriter w;
  w.object().key("completion").object().key("values").array();
  for (const auto& value : completion.values) w.value(value);
  w.end();
  if (completion.total) w.field("total", *completion.total);
  w.field("hasMore", more).end().end();
  co_return Reply(std::move(w).text());
}

}  // namespace sdk
