#include "mcp/client.h"

#include "base/json.h"
#include "sdk/client_core.h"
#include "sdk/contents.h"
#include "sdk/current_loop.h"

namespace mcp {

using protocol::DefinitionKind;
using protocol::Method;
using Ask = sdk::ClientCore::Ask;

struct Client::State {
  State(base::Loop& loop, ClientOptions options) : core(loop, std::move(options)) {}

  sdk::ClientCore core;
  std::string revision;
};

namespace {

Error no_loop() { return Error(Code::conflict, "a mcp::Client is opened inside of mcp::block_on or of a handler of mcp::run"); }

Ask ask_for(Method method, std::string params, RequestOptions options) {
  Ask ask;
  ask.method = method;
  ask.params = std::move(params);
  ask.options = std::move(options);
  return ask;
}

std::string completion_params(std::string_view type, std::string_view key, const std::string& value, const std::string& argument,
                              const CompletionRequest& typed) {
  JsonWriter w;
  w.object().key("ref").object().field("type", type).field(key, value).end();
  w.key("argument").object().field("name", argument).field("value", typed.value).end();
  if (!typed.context.empty()) {
    w.key("context").object().key("arguments").object();
    for (const auto& [name, given] : typed.context) w.field(name, given);
    w.end().end();
  }
  w.end();
  return std::move(w).text();
}

Result<Completion> read_completion(JsonView in) {
  if (!in["values"].is(JsonView::Kind::array)) return Error(Code::upstream_failed, "the completion has no values");
  Completion out;
  in["values"].each_element([&](JsonView one) { out.values.emplace_back(one.string_or("")); });
  out.total = in["total"].integer();
  out.has_more = in["hasMore"].boolean_or(false);
  return out;
}

}  // namespace

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) { state_->revision = state_->core.connection().revision().name; }
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Task<Client> Client::open_http(std::string url, ClientOptions options) {
  base::Loop* loop = sdk::current_runtime().loop;
  if (!loop) co_return no_loop();
  auto state = std::make_unique<State>(*loop, std::move(options));
  co_await state->core.open_http(std::move(url));
  co_return Client(std::move(state));
}

Task<Client> Client::open_command(std::vector<std::string> command, ClientOptions options) {
  base::Loop* loop = sdk::current_runtime().loop;
  if (!loop) co_return no_loop();
  auto state = std::make_unique<State>(*loop, std::move(options));
  co_await state->core.open_command(std::move(command));
  co_return Client(std::move(state));
}

const PeerInfo& Client::server() const { return state_->core.server(); }
const std::string& Client::instructions() const { return state_->core.connection().instructions(); }
const std::string& Client::capabilities() const { return state_->core.connection().capabilities(); }
const std::string& Client::revision() const { return state_->revision; }

Task<std::vector<ToolInfo>> Client::list_tools(RequestOptions options) { return state_->core.list_tools(std::move(options)); }

Task<std::vector<ResourceInfo>> Client::list_resources(RequestOptions options) {
  auto entries = co_await state_->core.list(Method::resources_list, DefinitionKind::resource, std::move(options));
  std::vector<ResourceInfo> out;
  for (auto& entry : entries) {
    Json raw = co_await Json::parse(entry.raw);
    out.push_back(sdk::read_resource_info(raw.root()));
  }
  co_return out;
}

Task<std::vector<TemplateInfo>> Client::list_resource_templates(RequestOptions options) {
  auto entries = co_await state_->core.list(Method::resources_templates_list, DefinitionKind::resource_template, std::move(options));
  std::vector<TemplateInfo> out;
  out.reserve(entries.size());
  for (auto& entry : entries)
    out.push_back(
        {std::move(entry.key), std::move(entry.name), std::move(entry.title), std::move(entry.description), std::move(entry.mime_type)});
  co_return out;
}

Task<std::vector<PromptInfo>> Client::list_prompts(RequestOptions options) {
  auto entries = co_await state_->core.list(Method::prompts_list, DefinitionKind::prompt, std::move(options));
  std::vector<PromptInfo> out;
  for (auto& entry : entries) {
    PromptInfo prompt{std::move(entry.name), std::move(entry.title), std::move(entry.description), {}};
    Json raw = co_await Json::parse(entry.raw);
    raw["arguments"].each_element([&](JsonView argument) {
      prompt.arguments.push_back({std::string(argument["name"].string_or("")), std::string(argument["description"].string_or("")),
                                  argument["required"].boolean_or(false)});
    });
    out.push_back(std::move(prompt));
  }
  co_return out;
}

Task<ToolResult> Client::call_tool(std::string name, std::string arguments_json, RequestOptions options) {
  return state_->core.call_tool(std::move(name), std::move(arguments_json), std::move(options));
}

Task<std::vector<ResourceContents>> Client::read_resource(std::string uri, RequestOptions options) {
  Ask ask = ask_for(Method::resources_read, "{\"uri\":" + base::quoted(uri) + "}", std::move(options));
  std::string text = co_await state_->core.remembered(std::move(ask));
  Json json = co_await Json::parse(text);
  if (!json["contents"].is(JsonView::Kind::array)) co_return Error(Code::upstream_failed, "the resource has no contents");
  std::vector<ResourceContents> out;
  for (std::size_t i = 0; i < json["contents"].size(); ++i) {
    ResourceContents one = co_await sdk::read_contents(json["contents"].at(i));
    out.push_back(std::move(one));
  }
  co_return out;
}

Task<PromptResult> Client::get_prompt(std::string name, std::map<std::string, std::string> arguments, RequestOptions options) {
  JsonWriter w;
  w.object().field("name", name).key("arguments").object();
  for (const auto& [key, value] : arguments) w.field(key, value);
  w.end().end();
  Ask ask = ask_for(Method::prompts_get, std::move(w).text(), std::move(options));
  std::string text = co_await state_->core.rounds(std::move(ask), std::nullopt);
  Json json = co_await Json::parse(text);
  if (!json["messages"].is(JsonView::Kind::array)) co_return Error(Code::upstream_failed, "the prompt has no messages");
  PromptResult out;
  out.description = json["description"].string_or("");
  for (std::size_t i = 0; i < json["messages"].size(); ++i) {
    JsonView message = json["messages"].at(i);
    PromptMessage one;
    one.role = message["role"].string_or("user") == "assistant" ? PromptMessage::Role::assistant : PromptMessage::Role::user;
    one.content = co_await sdk::read_content(message["content"]);
    out.messages.push_back(std::move(one));
  }
  co_return out;
}

Task<Completion> Client::complete_prompt(std::string name, std::string argument, CompletionRequest typed) {
  RequestOptions none;
  Ask ask = ask_for(Method::completion_complete, completion_params("ref/prompt", "name", name, argument, typed), std::move(none));
  std::string text = co_await state_->core.rounds(std::move(ask), std::nullopt);
  Json json = co_await Json::parse(text);
  co_return read_completion(json["completion"]);
}

Task<Completion> Client::complete_resource(std::string uri_template, std::string variable, CompletionRequest typed) {
  RequestOptions none;
  Ask ask = ask_for(Method::completion_complete, completion_params("ref/resource", "uri", uri_template, variable, typed), std::move(none));
  std::string text = co_await state_->core.rounds(std::move(ask), std::nullopt);
  Json json = co_await Json::parse(text);
  co_return read_completion(json["completion"]);
}

Task<std::string> Client::request(std::string method, std::string params_json, RequestOptions options) {
  Method known = protocol::find_method(method);
  if (known == Method::unknown) co_return Error(Code::invalid_argument, "'" + method + "' is no method of MCP");
  co_await base::validate_json(params_json);
  Ask ask = ask_for(known, std::move(params_json), std::move(options));
  co_return co_await state_->core.once(std::move(ask));
}

Task<RemoteTask> Client::start_tool(std::string name, std::string arguments_json) {
  return state_->core.start_tool(std::move(name), std::move(arguments_json));
}
Task<RemoteTask> Client::task(std::string id) { return state_->core.task(std::move(id)); }
Task<ToolResult> Client::follow_task(std::string id, RequestOptions options) {
  return state_->core.follow(std::move(id), std::move(options));
}
Task<void> Client::cancel_task(std::string id) { return state_->core.cancel_task(std::move(id)); }

Task<Subscription> Client::listen(ListenFilter wanted, std::function<void(const Change& change)> on_change) {
  auto listening = co_await state_->core.listen(std::move(wanted), std::move(on_change));
  co_return Subscription(std::move(listening));
}

Task<void> Client::log_level(LogLevel level) { return state_->core.log_level(level); }

Task<void> Client::ping() {
  RequestOptions none;
  Ask ask = ask_for(state_->core.connection().modern() ? Method::server_discover : Method::ping, "{}", std::move(none));
  (void)co_await state_->core.once(std::move(ask));
}

Task<void> Client::close() { return state_->core.close(); }

Result<Json> Client::structured_of(const ToolResult& result) {
  if (result.is_error) {
    std::string text;
    for (const auto& content : result.content)
      if (const auto* one = std::get_if<Text>(&content)) text.append(text.empty() ? "" : "\n").append(one->text);
    return Error(Code::upstream_failed, text.empty() ? "the tool failed and said nothing" : text);
  }
  if (result.structured.empty()) return Error(Code::upstream_failed, "the tool returned no structured content");
  return Json::parse(result.structured);
}

}  // namespace mcp
