#include "mcp/client.h"

#include <algorithm>
#include <cstdlib>

#include "base/json.h"
#include "protocol/definitions.h"
#include "sdk/connection.h"
#include "sdk/contents.h"
#include "sdk/current_loop.h"

namespace mcp {

using protocol::Method;

struct Client::State {
  explicit State(base::Loop& l) : loop(l) {}

  base::Loop& loop;
  ClientOptions options;
  std::unique_ptr<net::HttpClient> http;
  std::unique_ptr<sdk::Connection> connection;
  PeerInfo server;
  std::string revision;
  // Headers that tools want repeated, by name; known once tools were listed.
  std::map<std::string, protocol::ToolHeaders, std::less<>> tool_headers;
};

namespace {

constexpr std::size_t kMostEntries = 10'000;

sdk::ConnectionOptions connection_options(const ClientOptions& options) {
  sdk::ConnectionOptions out;
  JsonWriter info;
  info.object().field("name", options.name).field("version", options.version).end();
  out.identity.info = std::move(info).text();
  out.identity.capabilities = options.capabilities;
  out.connect_time = std::chrono::duration_cast<base::Millis>(options.connect_timeout);
  out.headers = options.headers;
  if (options.on_notification) {
    out.watch = sdk::ConnectionOptions::Watch::changes;
    out.on_notification = [tell = options.on_notification](Method method, std::string_view params) {
      tell(protocol::method_name(method), params);
    };
  }
  return out;
}

Error no_loop() { return Error(Code::conflict, "a mcp::Client is opened inside of mcp::block_on or of a handler of mcp::run"); }

sdk::OnNotification on_notification(const RequestOptions& options) {
  if (!options.on_progress && !options.on_log) return {};
  return [progress = options.on_progress, log = options.on_log](Method method, std::string_view params) {
    auto json = Json::parse(params);
    if (!json) return;
    if (method == Method::progress && progress) {
      auto done = (*json)["progress"].number();
      if (done) progress(*done, (*json)["total"].number(), (*json)["message"].string_or(""));
    } else if (method == Method::message && log) {
      log((*json)["level"].string_or("info"), (*json)["data"].text());
    }
  };
}

Task<std::string> result_of(sdk::Connection* connection, Method method, std::string params, RequestOptions options,
                            std::chrono::milliseconds deadline, const protocol::ToolHeaders* tool, base::Loop* loop) {
  (void)loop;
  sdk::CallOptions call;
  call.stop = options.stop;
  if (options.deadline.count() > 0) deadline = options.deadline;
  if (deadline.count() > 0) call.deadline = base::Timers::now() + std::chrono::duration_cast<base::Millis>(deadline);
  call.on_notification = on_notification(options);
  if (options.on_log) call.log_level = "debug";
  call.tool = tool;
  sdk::Reply reply = co_await connection->request(method, std::move(params), std::move(call));
  if (reply.error()) co_return protocol::from_rpc(*reply.error());
  co_return std::string(reply.result());
}

Task<std::vector<protocol::Definition>> all_pages(sdk::Connection* connection, Method method, protocol::DefinitionKind kind,
                                                  std::chrono::milliseconds deadline) {
  std::vector<protocol::Definition> all;
  std::optional<std::string> cursor;
  RequestOptions none;
  do {
    std::string params = cursor ? "{\"cursor\":" + base::quoted(*cursor) + "}" : "{}";
    std::string result = co_await result_of(connection, method, std::move(params), none, deadline, nullptr, nullptr);
    protocol::DefinitionPage page = co_await protocol::read_definitions(kind, result);
    if (page.next_cursor && page.next_cursor == cursor) page.next_cursor.reset();  // it would never end
    for (auto& item : page.items) all.push_back(std::move(item));
    cursor = page.next_cursor;
  } while (cursor && all.size() < kMostEntries);
  co_return all;
}

}  // namespace

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {
  auto& s = *state_;
  s.revision = s.connection->revision().name;
  if (auto info = Json::parse(s.connection->server_info())) {
    s.server.name = (*info)["name"].string_or("");
    s.server.version = (*info)["version"].string_or("");
    s.server.title = (*info)["title"].string_or("");
  }
}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Task<Client> Client::open_http(std::string url, ClientOptions options) {
  base::Loop* loop = sdk::current_runtime().loop;
  if (!loop) co_return no_loop();
  net::Url parsed = co_await net::parse_url(url);
  auto state = std::make_unique<State>(*loop);
  state->options = options;
  state->http = std::make_unique<net::HttpClient>(*loop, net::HttpClientOptions{});
  sdk::ConnectionOptions how = connection_options(options);
  state->connection = co_await sdk::open_http(*loop, *state->http, std::move(parsed), std::move(how));
  co_return Client(std::move(state));
}

Task<Client> Client::open_command(std::vector<std::string> command, ClientOptions options) {
  base::Loop* loop = sdk::current_runtime().loop;
  if (!loop) co_return no_loop();
  if (command.empty()) co_return Error(Code::invalid_argument, "open_command needs a program");
  net::Reaper* reaper = co_await sdk::process_reaper();
  net::ChildCommand child;
  child.argv = std::move(command);
  child.directory = options.working_directory;
  for (const char* name : {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "TMPDIR"})
    if (const char* value = std::getenv(name); value && !options.environment.contains(name))
      child.environment.push_back(std::string(name) + "=" + value);
  for (const auto& [name, value] : options.environment) child.environment.push_back(std::string(name).append("=").append(value));
  auto state = std::make_unique<State>(*loop);
  state->options = options;
  sdk::ConnectionOptions how = connection_options(options);
  net::ChildOptions child_options;
  state->connection = co_await sdk::open_stdio(*loop, *reaper, std::move(child), std::move(child_options), std::move(how));
  co_return Client(std::move(state));
}

const PeerInfo& Client::server() const { return state_->server; }
const std::string& Client::instructions() const { return state_->connection->instructions(); }
const std::string& Client::capabilities() const { return state_->connection->capabilities(); }
const std::string& Client::revision() const { return state_->revision; }

Task<std::vector<ToolInfo>> Client::list_tools() {
  auto entries = co_await all_pages(state_->connection.get(), Method::tools_list, protocol::DefinitionKind::tool, state_->options.deadline);
  std::vector<ToolInfo> tools;
  state_->tool_headers.clear();
  for (auto& entry : entries) {
    // A tool whose header marks are malformed is left out, as the protocol wants.
    auto headers = protocol::tool_header_map(entry.input_schema);
    if (!headers) continue;
    if (!headers->empty()) state_->tool_headers.emplace(entry.name, *std::move(headers));
    std::string annotations(base::find_member(entry.raw, "annotations"));
    tools.push_back({std::move(entry.name), std::move(entry.title), std::move(entry.description), std::move(entry.input_schema),
                     std::move(entry.output_schema), std::move(annotations)});
  }
  co_return tools;
}

Task<std::vector<ResourceInfo>> Client::list_resources() {
  auto entries =
      co_await all_pages(state_->connection.get(), Method::resources_list, protocol::DefinitionKind::resource, state_->options.deadline);
  std::vector<ResourceInfo> out;
  for (auto& entry : entries) {
    Json raw = co_await Json::parse(entry.raw);
    out.push_back(sdk::read_resource_info(raw.root()));
  }
  co_return out;
}

Task<std::vector<TemplateInfo>> Client::list_resource_templates() {
  auto entries = co_await all_pages(state_->connection.get(), Method::resources_templates_list, protocol::DefinitionKind::resource_template,
                                    state_->options.deadline);
  std::vector<TemplateInfo> out;
  out.reserve(entries.size());
  for (auto& entry : entries)
    out.push_back(
        {std::move(entry.key), std::move(entry.name), std::move(entry.title), std::move(entry.description), std::move(entry.mime_type)});
  co_return out;
}

Task<std::vector<PromptInfo>> Client::list_prompts() {
  auto entries =
      co_await all_pages(state_->connection.get(), Method::prompts_list, protocol::DefinitionKind::prompt, state_->options.deadline);
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
  co_await base::validate_json(arguments_json);
  if (!base::is_object(arguments_json)) co_return Error(Code::invalid_argument, "the arguments of a tool are a JSON object");
  auto headers = state_->tool_headers.find(name);
  const protocol::ToolHeaders* tool = headers == state_->tool_headers.end() ? nullptr : &headers->second;
  std::string params = "{\"name\":" + base::quoted(name) + ",\"arguments\":" + arguments_json + "}";
  std::string text = co_await result_of(state_->connection.get(), Method::tools_call, std::move(params), std::move(options),
                                        state_->options.deadline, tool, &state_->loop);
  Json json = co_await Json::parse(text);
  auto type = json["resultType"].string();
  if (type && *type != "complete")
    co_return Error(Code::upstream_failed, "the tool wants input or made a task: '" + std::string(*type) + "'");
  ToolResult result;
  result.is_error = json["isError"].boolean_or(false);
  if (json["structuredContent"]) result.structured = json["structuredContent"].text();
  JsonView content = json["content"];
  for (std::size_t i = 0; i < content.size(); ++i) {
    Content one = co_await sdk::read_content(content.at(i));
    result.content.push_back(std::move(one));
  }
  co_return result;
}

Task<std::vector<ResourceContents>> Client::read_resource(std::string uri, RequestOptions options) {
  std::string params = "{\"uri\":" + base::quoted(uri) + "}";
  std::string text = co_await request("resources/read", std::move(params), std::move(options));
  Json json = co_await Json::parse(text);
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
  std::string text = co_await request("prompts/get", std::move(w).text(), std::move(options));
  Json json = co_await Json::parse(text);
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

Task<std::string> Client::request(std::string method, std::string params_json, RequestOptions options) {
  Method known = protocol::find_method(method);
  if (known == Method::unknown) co_return Error(Code::invalid_argument, "'" + method + "' is no method of MCP");
  co_await base::validate_json(params_json);
  co_return co_await result_of(state_->connection.get(), known, std::move(params_json), std::move(options), state_->options.deadline,
                               nullptr, &state_->loop);
}

Task<void> Client::ping() {
  RequestOptions none;
  Method method = state_->connection->modern() ? Method::server_discover : Method::ping;
  (void)co_await result_of(state_->connection.get(), method, "{}", none, state_->options.deadline, nullptr, &state_->loop);
}

Task<void> Client::close() { co_await state_->connection->close(base::Millis(2000)); }

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
