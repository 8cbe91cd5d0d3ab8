// The part of ClientCore that lists, and calls tools.
#include <set>

#include "base/json.h"
#include "protocol/splice.h"
#include "sdk/client_core.h"
#include "sdk/contents.h"

namespace sdk {

namespace {

constexpr std::size_t kMostEntries = 10'000;
constexpr std::size_t kMostPages = 1'000;

bool says(std::string_view object, std::initializer_list<std::string_view> path) {
  for (std::string_view step : path) {
    if (!base::is_object(object)) return false;
    object = base::find_member(object, step);
  }
  return base::is_object(object);
}

}  // namespace

Task<std::vector<protocol::Definition>> ClientCore::list(Method method, protocol::DefinitionKind kind, RequestOptions options) {
  std::vector<protocol::Definition> all;
  std::set<std::string> seen;
  std::optional<std::string> cursor;
  bool began_again = false;
  do {
    Ask ask;
    ask.method = method;
    ask.options = options;
    if (cursor) ask.params = "{\"cursor\":" + base::quoted(*cursor) + "}";
    Result<std::string> result = co_await remembered(std::move(ask)).result();
    if (!result && result.error().code == Code::invalid_argument && cursor && !began_again) {
      // The server does not know its own cursor any more: what was kept of the list is old (Caching, "Pagination").
      cache_.store().drop(owner_.server, method);
      began_again = true;
      all.clear();
      seen.clear();
      cursor.reset();
      options.fresh = true;
      continue;
    }
    std::string text = co_await std::move(result);
    protocol::DefinitionPage page = co_await protocol::read_definitions(kind, text);
    for (auto& item : page.items) all.push_back(std::move(item));
    for (const auto& why : page.refused) notice("an entry of " + std::string(protocol::method_name(method)) + " was left out: " + why);
    cursor = page.next_cursor;
    if (cursor && !seen.insert(*cursor).second) cursor.reset();  // it would never end
    if (!cursor) break;
  } while (all.size() < kMostEntries && seen.size() < kMostPages);
  co_return all;
}

Task<std::vector<mcp::ToolInfo>> ClientCore::list_tools(RequestOptions options) {
  auto entries = co_await list(Method::tools_list, protocol::DefinitionKind::tool, std::move(options));
  const bool mirrors = http() && connection_->modern();
  std::vector<mcp::ToolInfo> out;
  std::map<std::string, std::shared_ptr<const Tool>, std::less<>> tools;
  for (auto& entry : entries) {
    auto known = std::make_shared<Tool>();
    if (mirrors) {
      auto headers = protocol::tool_header_map(entry.input_schema);
      if (!headers) {
        notice("the tool '" + entry.name + "' was left out: " + headers.error().message);
        continue;
      }
      known->headers = *std::move(headers);
    }
    known->harmless = entry.hints.read_only.value_or(false) || entry.hints.idempotent.value_or(false);
    known->task_support = entry.task_support == "forbidden" ? std::string() : entry.task_support;
    known->output_schema = entry.output_schema;
    std::string support = known->task_support;
    tools.insert_or_assign(entry.name, std::move(known));
    std::string annotations(base::find_member(entry.raw, "annotations"));
    out.push_back({std::move(entry.name), std::move(entry.title), std::move(entry.description), std::move(entry.input_schema),
                   std::move(entry.output_schema), std::move(annotations), std::move(support)});
  }
  tools_ = std::move(tools);
  co_return out;
}

std::shared_ptr<const ClientCore::Tool> ClientCore::tool(std::string_view name) const {
  auto found = tools_.find(name);
  return found == tools_.end() ? nullptr : found->second;
}

// Legacy: the caller decides which calls are tasks.
bool ClientCore::wants_task(const std::string& task_support) const {
  return !connection_->modern() && connection_->revision().features.tasks_core && options_.tasks && task_support == "required" &&
         says(connection_->capabilities(), {"tasks", "requests", "tools", "call"});
}

// One call, to its complete result or to the task that it became. A refusal that comes from an old list is tried again with a new one.
Task<std::string> ClientCore::call(std::string name, std::string arguments, RequestOptions options) {
  co_await base::validate_json(arguments);
  if (!base::is_object(arguments)) co_return Error(Code::invalid_argument, "the arguments of a tool are a JSON object");
  // Some servers answer a call that should have been a task with a result that failed, and no code says why.
  const bool may_need_task = !connection_->modern() && wants_task("required");
  for (int attempt = 0;; ++attempt) {
    if (attempt == 0 && may_need_task && !tool(name)) {
      RequestOptions first;
      first.stop = options.stop;
      (void)co_await list_tools(std::move(first));
    }
    std::shared_ptr<const Tool> known = tool(name);
    Ask ask;
    ask.method = Method::tools_call;
    ask.params = "{\"name\":" + base::quoted(name) + ",\"arguments\":" + arguments + "}";
    if (known && wants_task(known->task_support)) ask.params = protocol::with_members(ask.params, {{"task", "{}"}});
    ask.options = options;
    if (known) ask.tool = &known->headers;
    if (known && known->harmless) ask.repeat = net::Repeat::harmless;
    Ask again = ask;
    Reply reply = co_await send(std::move(ask));
    const protocol::RpcError* error = reply.error();
    const bool headers = error && error->code == protocol::kHeaderMismatch && http() && connection_->modern();
    const bool visit = error && error->code == protocol::kLegacyUrlElicitation && !connection_->modern() && options_.on_visit;
    if (attempt == 0 && headers) {
      RequestOptions anew;
      anew.fresh = true;
      anew.stop = options.stop;
      (void)co_await list_tools(std::move(anew));
      continue;
    }
    if (error && !visit) co_return protocol::from_rpc(*error);
    std::optional<std::string> begun;
    if (visit)
      co_await visit_first(error->data, options.stop);
    else
      begun = std::string(reply.result());
    co_return co_await rounds(std::move(again), std::move(begun));
  }
}

Task<mcp::ToolResult> ClientCore::call_tool(std::string name, std::string arguments, RequestOptions options) {
  std::string text = co_await call(name, std::move(arguments), options);
  Json json = co_await Json::parse(text);
  const bool legacy_task = !connection_->modern() && json["task"];
  mcp::ToolResult result;
  if (json["resultType"].string_or("complete") != "task" && !legacy_task) {
    result = co_await read_tool_result(json.root());
    if (!result.structured.empty())
      result.structured = base::minified(base::find_member(text, "structuredContent"));  // its numbers as they came
  } else {
    mcp::RemoteTask task = co_await read_remote_task(json.root());
    result = co_await follow(task.id, std::move(options));
  }
  if (std::shared_ptr<const Tool> known = tool(name)) co_await output_checks_.check(name, known->output_schema, result);
  co_return result;
}

mcp::Result<mcp::ToolResult> read_tool_result(JsonView in) {
  mcp::ToolResult result;
  if (!in.is(JsonView::Kind::object)) return Error(Code::upstream_failed, "the tool's result is no object");
  result.is_error = in["isError"].boolean_or(false);
  if (in["structuredContent"]) result.structured = in["structuredContent"].text();
  JsonView content = in["content"];
  for (std::size_t i = 0; i < content.size(); ++i) {
    auto one = read_content(content.at(i));
    if (!one) return std::move(one).error();
    result.content.push_back(*std::move(one));
  }
  return result;
}

}  // namespace sdk
