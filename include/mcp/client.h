// Client: another program's MCP server, as functions. Speaks every revision, over HTTP or to a child process.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mcp/auth.h"
#include "mcp/call.h"
#include "mcp/client/asked.h"
#include "mcp/client/cache.h"
#include "mcp/client/remote_task.h"
#include "mcp/client/subscription.h"
#include "mcp/content.h"
#include "mcp/detail/codec.h"
#include "mcp/json.h"
#include "mcp/result.h"
#include "mcp/run.h"
#include "mcp/task.h"

namespace mcp {

// How a client introduces itself and how long it waits.
struct ClientOptions {
  std::string name = "mcp-client";
  std::string version = "1.0";
  // Answer what servers ask while a call is on its way, in whichever era they ask; what a client declares follows from which are set.
  // They run one at a time for a call, for as long as they like, and are kept as long as the client. One that fails: forms and visits
  // count as cancelled, for the others the call ends with the error.
  std::function<Task<ElicitAnswer>(Form form)> on_elicit = {};
  std::function<Task<ElicitAnswer>(Visit visit)> on_visit = {};
  std::function<Task<Sample>(SampleRequest request)> on_sample = {};
  std::function<Task<std::vector<Root>>()> on_roots = {};
  // How often a server may ask within one call.
  int most_rounds = 10;
  // Set: tools may become tasks, and call_tool() follows them to their end.
  std::optional<TaskFollowing> tasks = {};
  // What else the client can do, as ClientCapabilities in JSON text: for callers of request() who read results that want input.
  std::string capabilities = "{}";
  // The revisions to speak, by name; empty for all.
  std::vector<std::string> revisions = {};
  // What is remembered of servers; one of its own when it is not given.
  std::optional<ClientCache> cache = {};
  // Sent with every HTTP request, e.g. {"Authorization", "Bearer …"}.
  std::vector<std::pair<std::string, std::string>> headers = {};
  // HTTP: obtains tokens when the server wants them, in place of an Authorization among the headers.
  std::optional<OAuth> auth = {};
  // For a child process: variables set on top of the few it inherits, and where it starts.
  std::map<std::string, std::string> environment = {};
  std::string working_directory = {};
  std::chrono::milliseconds connect_timeout{10'000};
  // For each request that does not bring its own.
  std::chrono::milliseconds deadline{60'000};
  // How much longer a request may take when its server asks something meanwhile (legacy era).
  std::chrono::milliseconds answer_time{600'000};
  // How often a child process that ended is started again, with at least a second in between.
  int most_restarts = 5;
  // What a person should know and nobody asked for: a tool that was left out and why, a handler that failed. Absent: the log.
  std::function<void(std::string_view text)> on_notice = {};
  // Notifications from the server that belong to no request: method and params (JSON text). For what changed, listen() is simpler.
  std::function<void(std::string_view method, std::string_view params)> on_notification = {};
};

// What one request may say.
struct RequestOptions {
  std::function<void(double done, std::optional<double> total, std::string_view message)> on_progress = {};
  std::function<void(std::string_view level, std::string_view data_json)> on_log = {};
  // When stop is requested, the server is told and the request ends with Code::cancelled.
  std::stop_token stop = {};
  // Zero: the client's. Each round of a call that asks for input has it anew.
  std::chrono::milliseconds deadline = {};
  // Ask the server, also where the cache has an answer that is still good.
  bool fresh = false;
};

// Lists, as the server described itself. Schemas are JSON text.
struct ToolInfo {
  std::string name, title, description, input_schema, output_schema, annotations;
  // Legacy servers: `required` or `optional` when it may run as a task; else empty.
  std::string task_support = {};
};
struct PromptInfo {
  struct Argument {
    std::string name, description;
    bool required = false;
  };
  std::string name, title, description;
  std::vector<Argument> arguments;
};
struct TemplateInfo {
  std::string uri_template, name, title, description, mime_type;
};

// A connection to one MCP server.
// Owns: the connection or the child process; destroying it ends both without waiting. close() does it in good order.
// Threads: the one that runs the block_on() it was opened in. Any number of requests may be in flight.
// Errors of every request: unavailable (the server cannot be reached or went away; the message says how), timeout, cancelled,
// upstream_failed (the answer makes no sense), else what the server's error means (invalid_argument, not_found, …).
class Client {
 public:
  // Connects to a Streamable HTTP endpoint, e.g. http://127.0.0.1:8080/mcp, and finds out which revision it speaks.
  // (The overloads without options are functions of their own because g++ 12 destroys a default argument twice in a co_await.)
  static Task<Client> open_http(std::string url, ClientOptions options);
  static Task<Client> open_http(std::string url) { return open_http(std::move(url), ClientOptions()); }
  // Starts `command` (program and arguments, no shell) and speaks over its stdin and stdout.
  static Task<Client> open_command(std::vector<std::string> command, ClientOptions options);
  static Task<Client> open_command(std::vector<std::string> command) { return open_command(std::move(command), ClientOptions()); }

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  const PeerInfo& server() const;
  const std::string& instructions() const;
  // JSON text of the server's capabilities, and the revision that was agreed on.
  const std::string& capabilities() const;
  const std::string& revision() const;

  // All pages. A server that never stops paging is cut at 10,000 entries. Tools whose x-mcp-header marks are malformed are left out
  // where they would travel by HTTP, and told to on_notice.
  Task<std::vector<ToolInfo>> list_tools(RequestOptions options);
  Task<std::vector<ToolInfo>> list_tools() { return list_tools(RequestOptions()); }
  Task<std::vector<ResourceInfo>> list_resources(RequestOptions options);
  Task<std::vector<ResourceInfo>> list_resources() { return list_resources(RequestOptions()); }
  Task<std::vector<TemplateInfo>> list_resource_templates(RequestOptions options);
  Task<std::vector<TemplateInfo>> list_resource_templates() { return list_resource_templates(RequestOptions()); }
  Task<std::vector<PromptInfo>> list_prompts(RequestOptions options);
  Task<std::vector<PromptInfo>> list_prompts() { return list_prompts(RequestOptions()); }

  // Calls a tool with a JSON object, answers what it asks, and follows it where it becomes a task. A tool that failed is a ToolResult
  // with is_error; an Error means that it was not called, or that its answer did not come.
  // Cancel: a task is cancelled too.
  Task<ToolResult> call_tool(std::string name, std::string arguments_json, RequestOptions options);
  Task<ToolResult> call_tool(std::string name, std::string arguments_json) {
    return call_tool(std::move(name), std::move(arguments_json), RequestOptions());
  }
  Task<ToolResult> call_tool(std::string name) { return call_tool(std::move(name), "{}", RequestOptions()); }
  Task<std::vector<ResourceContents>> read_resource(std::string uri, RequestOptions options);
  Task<std::vector<ResourceContents>> read_resource(std::string uri) { return read_resource(std::move(uri), RequestOptions()); }
  Task<PromptResult> get_prompt(std::string name, std::map<std::string, std::string> arguments, RequestOptions options);
  Task<PromptResult> get_prompt(std::string name, std::map<std::string, std::string> arguments) {
    return get_prompt(std::move(name), std::move(arguments), RequestOptions());
  }
  Task<PromptResult> get_prompt(std::string name) { return get_prompt(std::move(name), {}, RequestOptions()); }
  // Suggestions for an argument of a prompt, or for a variable of a resource template, given what was typed of it.
  Task<Completion> complete_prompt(std::string name, std::string argument, CompletionRequest typed);
  Task<Completion> complete_resource(std::string uri_template, std::string variable, CompletionRequest typed);
  // Any request, raw: params in, result out. It is sent once: nothing is asked, followed or remembered.
  Task<std::string> request(std::string method, std::string params_json, RequestOptions options);
  Task<std::string> request(std::string method, std::string params_json) {
    return request(std::move(method), std::move(params_json), RequestOptions());
  }

  // Tasks by hand; ClientOptions::tasks must be set. Starts a tool, and does not wait for its end where it becomes a task.
  Task<RemoteTask> start_tool(std::string name, std::string arguments_json);
  // Looks after a task once.
  Task<RemoteTask> task(std::string id);
  // Follows a task to its end, and answers what it asks. Errors: as call_tool; cancelled when the task was.
  Task<ToolResult> follow_task(std::string id, RequestOptions options);
  Task<ToolResult> follow_task(std::string id) { return follow_task(std::move(id), RequestOptions()); }
  // Asks the server to end a task; it may still complete.
  Task<void> cancel_task(std::string id);

  // Asks to be told of changes, and waits until the server agreed. After a connection that broke, what is granted is asked for again, and
  // each kind of it is reported once, since something may have been missed.
  // Errors: not_found (the server tells nothing), as every request.
  Task<Subscription> listen(ListenFilter wanted, std::function<void(const Change& change)> on_change);

  // The least level of messages for RequestOptions::on_log: with each request in the new era, for the whole session in the old one.
  // Default: debug in the new era, what the server likes in the old one.
  Task<void> log_level(LogLevel level);

  // Calls a tool with a struct and gets its structured result as a struct. A failed tool is Code::upstream_failed with its text.
  template <class Out, class In>
  Task<Out> call(std::string name, In arguments) {
    ToolResult result = co_await call_tool(std::move(name), to_json(arguments));
    co_return read_structured<Out>(result);
  }
  template <class Out, class In>
  Task<Out> call(std::string name, In arguments, RequestOptions options) {
    ToolResult result = co_await call_tool(std::move(name), to_json(arguments), std::move(options));
    co_return read_structured<Out>(result);
  }

  // Asks whether the server is alive: ping in revisions that have it, else the cheapest request.
  Task<void> ping();
  // Ends the session and waits until the connection is gone.
  Task<void> close();

 private:
  struct State;
  explicit Client(std::unique_ptr<State> state);

  static Result<Json> structured_of(const ToolResult& result);
  template <class Out>
  static Result<Out> read_structured(const ToolResult& result) {
    Result<Json> json = structured_of(result);
    if (!json) return std::move(json).error();
    if constexpr (detail::Struct<Out> || detail::Dictionary<Out> || std::is_same_v<Out, Json>)
      return from_json<Out>(json->root());
    else
      return from_json<Out>((*json)["result"]);
  }

  std::unique_ptr<State> state_;
};

}  // namespace mcp
