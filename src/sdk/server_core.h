// A mcp::Server as a Handler.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/blocking.h"
#include "protocol/param_headers.h"
#include "sdk/call_state.h"
#include "sdk/handler.h"
#include "sdk/registry.h"
#include "sdk/seal.h"
#include "sdk/server_tasks.h"
#include "sdk/uri_template.h"

namespace sdk {

// Serves what was registered on a server when this was made.
// Owns: the worker threads, and the handlers whose answer came too late.
// Threads: one loop, which outlives this; notifications of the server may come from anywhere.
class ServerCore final : public Handler {
 public:
  // The server may go away; what was registered stays.
  ServerCore(Loop& loop, mcp::Server& server);
  ~ServerCore() override;

  // What this server can be asked.
  protocol::MethodSet methods() const;

  Task<protocol::ServerIdentity> identity(Inbound in) override;
  std::string_view server_info() const override { return info_; }
  Task<Reply> handle(Inbound in, Outlet& out) override;
  Task<void> stream(Inbound in, Outlet& out) override;

 private:
  using Era = protocol::Era;
  using Json = mcp::Json;
  struct Tool {
    mcp::detail::ToolEntry* entry;
    protocol::ToolHeaders headers;
  };
  struct Template {
    mcp::detail::TemplateEntry* entry;
    UriTemplate parsed;
  };
  // One client that hears of changes.
  struct Listener {
    Outlet* out;
    Session* session = nullptr;   // legacy: everything, and the resources that the session subscribed to
    std::string subscription_id;  // modern: what it asked for
    bool tools = false, prompts = false, resources = false;
    std::vector<std::string> uris;
    std::vector<std::string> tasks;
    base::TaskGroup* asks = nullptr;  // legacy: what is asked on its stream
  };
  struct Text {
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
    using is_transparent = void;
  };
  template <class T>
  using ByName = std::unordered_map<std::string, T, Text, std::equal_to<>>;
  using Page = std::vector<std::string>;

  Task<Reply> call_tool(Inbound in, Outlet& out);
  Task<Reply> run_late(Tool* tool, std::string arguments, std::shared_ptr<CallState> call, std::string context, Era era);
  Task<std::string> run_tool(Tool* tool, Json arguments, std::shared_ptr<CallState> call);
  Task<Reply> list_resources(Inbound in, Outlet& out);
  Task<Reply> read_resource(Inbound in, Outlet& out);
  Task<Reply> get_prompt(Inbound in, Outlet& out);
  Task<Reply> complete(Inbound in, Outlet& out);
  Task<Reply> listen(Inbound in, Outlet& out);
  Task<Reply> subscribe(Inbound in, Outlet& out);
  // Each page has at most `most` entries.
  Reply list(std::string_view key, const Page& entries, std::string_view cursor, std::size_t most) const;
  Reply list(std::string_view key, const Page& entries, std::string_view cursor) const {
    return list(key, entries, cursor, registry_->page_size);
  }
  // skills/list, skills/get and resources/directory/read.
  Reply skills(const Inbound& in) const;
  void changed(mcp::detail::Change change, const std::string& uri);
  void task_changed(const mcp::StoredTask& task, const std::string& session);
  void ask_on_stream(const std::string& session, const std::function<Task<void>(Outlet*)>& ask);
  TaskHost task_host();

  // Questions of handlers, see mcp/ask.h.
  static std::string seal_context(const Inbound& in);
  // Puts what the client answered into the call. Errors: invalid_argument.
  Result<> take_answers(const Inbound& in, CallState& call);
  // A reply that asks the client, or nothing when it has answered already and the handler is to be run again.
  Task<std::optional<Reply>> question(Error error, std::shared_ptr<CallState> call, std::string context, Era era);

  template <class In, class Out>
  Task<Out> run(const mcp::detail::Erased<In, Out>* handler, In input, std::shared_ptr<CallState> call);

  Loop& loop_;
  std::shared_ptr<mcp::detail::Registry> registry_;
  std::string info_;
  protocol::CacheHints hints_;
  ByName<Tool> tools_;
  ByName<mcp::detail::PromptEntry*> prompts_;
  ByName<mcp::detail::ResourceEntry*> resources_;
  std::vector<Template> templates_;
  Page tool_list_, tool_list_with_tasks_, prompt_list_, resource_list_, template_list_, skill_list_;
  Sealer sealer_;
  std::list<Listener> listeners_;
  std::shared_ptr<ServerCore*> self_;  // for what was posted and arrives after the end
  base::TaskGroup late_;
  base::BlockingPool pool_;
  std::unique_ptr<ServerTasks> tasks_;  // null when no tool may become a task
};

}  // namespace sdk
