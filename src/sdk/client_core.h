// What stands behind mcp::Client: one server, whatever its era and transport, with all that a client remembers and answers.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task_group.h"
#include "mcp/client.h"
#include "protocol/definitions.h"
#include "protocol/results.h"
#include "sdk/authorizer.h"
#include "sdk/client_cache.h"
#include "sdk/connection.h"
#include "sdk/output_check.h"

namespace mcp::detail {

// One subscription, shared by its owner and by the client that keeps it alive.
struct Listening {
  ListenFilter wanted, granted;
  std::function<void(const Change& change)> on_change;
  base::OneShot<void> first;  // the first acknowledgement, or why there is none
  bool acknowledged = false;  // by the stream that is open now
  bool alive = true;
  std::stop_source stop;
};

}  // namespace mcp::detail

namespace sdk {

using mcp::Json;
using mcp::JsonView;
using mcp::RequestOptions;
using protocol::Method;

// Owns: the connection, and the Tasks that follow subscriptions.
// Threads: one loop only. Destroying it ends everything at once; close() does it in good order.
// Lifetime of handlers: those of the options, as long as this; they are called where they stand there, so that a Task that a capturing
// lambda returned stays good.
class ClientCore {
 public:
  ClientCore(base::Loop& loop, mcp::ClientOptions options);
  ~ClientCore();
  ClientCore(const ClientCore&) = delete;
  ClientCore& operator=(const ClientCore&) = delete;

  Task<void> open_http(std::string url);
  Task<void> open_command(std::vector<std::string> command);
  Task<void> close();

  // One request of the caller.
  struct Ask {
    Method method = Method::unknown;
    std::string params = "{}";
    RequestOptions options;
    const protocol::ToolHeaders* tool = nullptr;  // lives until the Task ends
    net::Repeat repeat = net::Repeat::never;
  };
  // What is known of a tool since it was listed.
  struct Tool {
    protocol::ToolHeaders headers;
    bool harmless = false;  // it says that it only reads, or that doing it twice does no more
    std::string task_support;
    std::string output_schema;
  };

  // One message, and its answer as it came.
  Task<Reply> send(Ask ask);
  // The same; an error of the server ends the Task.
  Task<std::string> once(Ask ask);
  // As many rounds as it takes until the server has no more questions; `begun` is the answer to the first where it was sent already.
  // Gives a complete result, or the task that a tool became.
  Task<std::string> rounds(Ask ask, std::optional<std::string> begun);
  // From the cache where it is good, else the server, and then kept.
  Task<std::string> remembered(Ask ask);
  // All pages of a list.
  Task<std::vector<protocol::Definition>> list(Method method, protocol::DefinitionKind kind, RequestOptions options);
  Task<std::vector<mcp::ToolInfo>> list_tools(RequestOptions options);
  Task<mcp::ToolResult> call_tool(std::string name, std::string arguments, RequestOptions options);

  // Tasks of tools.
  Task<mcp::RemoteTask> start_tool(std::string name, std::string arguments);
  Task<mcp::RemoteTask> task(std::string id);
  Task<mcp::ToolResult> follow(std::string id, RequestOptions options);
  Task<void> cancel_task(std::string id);

  Task<std::shared_ptr<mcp::detail::Listening>> listen(mcp::ListenFilter wanted, std::function<void(const mcp::Change& change)> on_change);
  Task<void> log_level(mcp::LogLevel level);

  Connection& connection() const { return *connection_; }
  const mcp::ClientOptions& options() const { return options_; }
  const mcp::PeerInfo& server() const { return server_; }
  void notice(std::string_view text) const;

 private:
  ConnectionOptions connection_options();
  Task<void> open();
  Task<void> start_again();
  mcp::detail::CacheOwner owner() const;
  void opened();
  Instant deadline_of(const RequestOptions& options) const;
  bool http() const { return http_ != nullptr; }
  bool follows_tasks() const;

  // client_rounds.cpp
  Task<std::string> answer(Method method, std::string params);
  Task<std::string> answer_form(JsonView params);
  Task<std::string> answer_visit(JsonView params);
  Task<std::string> answer_all(std::string requests, std::stop_token stop);
  Task<void> visit_first(std::string data, std::stop_token stop);

  // client_calls.cpp
  Task<std::string> call(std::string name, std::string arguments, RequestOptions options);
  std::shared_ptr<const Tool> tool(std::string_view name) const;
  bool wants_task(const std::string& task_support) const;

  // client_tasks.cpp
  Task<mcp::RemoteTask> look(std::string id, RequestOptions options);
  Task<std::string> legacy_outcome(std::string id, RequestOptions options);
  Task<void> feed(const mcp::RemoteTask& task, std::string requests, std::vector<std::string>* answered, RequestOptions options);
  Task<mcp::ToolResult> follow_until_ended(std::string id, RequestOptions options);

  // client_listen.cpp
  void heard(Method method, std::string_view params);
  void heard_on(const std::shared_ptr<mcp::detail::Listening>& listening, Method method, std::string_view params);
  void forget(Method method, std::string_view params);
  Task<void> keep_listening(std::shared_ptr<mcp::detail::Listening> listening);
  Task<void> grant_legacy(std::shared_ptr<mcp::detail::Listening> listening);
  Task<void> listen_legacy(std::shared_ptr<mcp::detail::Listening> listening);
  Task<void> subscribe_again();
  Task<void> subscribe(Method method, std::string uri);

  base::Loop& loop_;
  mcp::ClientOptions options_;
  mcp::ClientCache cache_;
  OutputChecks output_checks_;
  mcp::detail::CacheOwner owner_;  // but for the token that is in use, see owner()
  std::shared_ptr<Authorizer> authorizer_;
  std::string capabilities_;  // what this client declares
  std::string log_level_;     // of requests that want messages
  std::unique_ptr<net::HttpClient> http_;
  std::optional<net::Url> url_;
  std::vector<std::string> command_;
  std::shared_ptr<Connection> connection_;
  mcp::PeerInfo server_;
  std::map<std::string, std::shared_ptr<const Tool>, std::less<>> tools_;
  std::vector<std::shared_ptr<mcp::detail::Listening>> legacy_listening_;
  std::map<std::string, int> subscribed_;  // legacy: URIs and by how many
  int restarts_ = 0;
  Instant restarted_ = Instant::min();
  bool restarting_ = false;
  std::stop_source closing_;
  base::TaskGroup tasks_;
};

// A task, as any of the two eras writes it: flat, or inside of `task`. Errors: upstream_failed.
mcp::Result<mcp::RemoteTask> read_remote_task(JsonView in);
// CallToolResult. Errors: upstream_failed.
mcp::Result<mcp::ToolResult> read_tool_result(JsonView in);

}  // namespace sdk
