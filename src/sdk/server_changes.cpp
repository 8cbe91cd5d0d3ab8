// The part of ServerCore that tells clients what changed.
#include <algorithm>

#include "base/json.h"
#include "protocol/splice.h"
#include "protocol/subscriptions.h"
#include "protocol/tasks.h"
#include "sdk/caller.h"
#include "sdk/server_core.h"
#include "sdk/session.h"

namespace sdk {

using mcp::Json;
using mcp::JsonView;
using mcp::JsonWriter;
using mcp::detail::Change;
using protocol::Method;

namespace {

void notify_task(Outlet& out, std::string_view subscription_id, const mcp::StoredTask& task) {
  std::string params = ServerTasks::describe(protocol::latest_modern(), task);
  (void)out.notify(Method::tasks, protocol::with_meta(params, {{protocol::meta_key::kSubscriptionId, subscription_id}}));
}

}  // namespace

void ServerCore::task_changed(const mcp::StoredTask& task, const std::string& session) {
  std::vector<Outlet*> outs;
  for (const auto& listener : listeners_) outs.push_back(listener.out);
  for (Outlet* out : outs) {
    auto found = std::find_if(listeners_.begin(), listeners_.end(), [&](const Listener& l) { return l.out == out; });
    if (found == listeners_.end()) continue;
    if (found->session) {
      if (found->session->id() == session && found->session->revision().features.tasks_core)
        (void)out->notify(Method::tasks_status, ServerTasks::describe(found->session->revision(), task));
    } else if (std::find(found->tasks.begin(), found->tasks.end(), task.id) != found->tasks.end()) {
      notify_task(*out, found->subscription_id, task);
    }
  }
}

Task<Reply> ServerCore::listen(Inbound in, Outlet& out) {
  static constexpr std::size_t kMostUris = 1000;
  Json filter = co_await Json::parse(in.rpc.params.notifications.empty() ? "null" : in.rpc.params.notifications);
  if (!filter.root().is(JsonView::Kind::object)) co_return Reply(protocol::invalid_params("params.notifications must be an object"));
  const auto& r = *registry_;
  Listener listener{&out, nullptr, std::string(in.rpc.message.id)};
  listener.tools = filter["toolsListChanged"].boolean_or(false) && r.tool_changes;
  listener.prompts = filter["promptsListChanged"].boolean_or(false) && r.prompt_changes;
  listener.resources = filter["resourcesListChanged"].boolean_or(false) && r.resource_changes;
  if (r.resource_updates)
    filter["resourceSubscriptions"].each_element([&](JsonView uri) {
      if (auto text = uri.string(); text && listener.uris.size() < kMostUris) listener.uris.emplace_back(*text);
    });
  auto ids = protocol::read_task_ids(in.rpc.params, kMostUris);
  if (!ids) co_return Reply(std::move(ids.error()));
  std::vector<mcp::StoredTask> tasks;
  if (!ids->empty() && tasks_) {
    if (!protocol::declares_extension(in.client_capabilities, protocol::kTasksExtension))
      co_return Reply(protocol::missing_capability("taskIds need a client with the tasks extension", protocol::kTasksRequired));
    tasks = co_await tasks_->find_all(*std::move(ids), owner_of(in));
    for (const auto& task : tasks) listener.tasks.push_back(task.id);
  }

  JsonWriter ack;
  ack.object().key("_meta").object().key(protocol::meta_key::kSubscriptionId).raw(listener.subscription_id).end();
  ack.key("notifications").object();
  if (listener.tools) ack.field("toolsListChanged", true);
  if (listener.prompts) ack.field("promptsListChanged", true);
  if (listener.resources) ack.field("resourcesListChanged", true);
  if (!listener.uris.empty()) {
    ack.key("resourceSubscriptions").array();
    for (const auto& uri : listener.uris) ack.value(uri);
    ack.end();
  }
  if (!listener.tasks.empty()) {
    ack.key("taskIds").array();
    for (const auto& id : listener.tasks) ack.value(id);
    ack.end();
  }
  ack.end().end();
  co_await out.notify(Method::subscriptions_acknowledged, ack.text());
  // What happened before it listened is not missed: each task is told as it stands.
  for (const auto& task : tasks) notify_task(out, listener.subscription_id, task);

  struct Entry {
    std::list<Listener>& all;
    std::list<Listener>::iterator place;
    ~Entry() { all.erase(place); }
  };
  listeners_.push_back(std::move(listener));
  Entry entry{listeners_, std::prev(listeners_.end())};
  co_await until_stopped(out.stop_token());
  JsonWriter end;
  end.object().key("_meta").object().key(protocol::meta_key::kSubscriptionId).raw(entry.place->subscription_id).end().end();
  co_return Reply(std::move(end).text());
}

Task<void> ServerCore::stream(Inbound in, Outlet& out) {
  base::TaskGroup asks;
  {
    struct Entry {
      std::list<Listener>& all;
      std::list<Listener>::iterator place;
      ~Entry() { all.erase(place); }
    };
    listeners_.push_back(Listener{.out = &out, .session = in.session.get(), .asks = &asks});
    Entry entry{listeners_, std::prev(listeners_.end())};
    co_await until_stopped(out.stop_token());
  }
  // What is asked there is cancelled with it, and must not outlive it.
  co_await asks.join();
}

void ServerCore::ask_on_stream(const std::string& session, const std::function<Task<void>(Outlet*)>& ask) {
  auto found =
      std::find_if(listeners_.begin(), listeners_.end(), [&](const Listener& l) { return l.session && l.session->id() == session; });
  if (found != listeners_.end()) found->asks->spawn(ask(found->out));
}

Task<Reply> ServerCore::subscribe(Inbound in, Outlet&) {
  if (!in.session) co_return Reply(protocol::method_not_found(in.rpc.message.method));
  std::string uri = co_await base::json_string(in.rpc.params.uri);
  if (in.method() == Method::resources_subscribe)
    in.session->subscribe(std::move(uri));
  else
    in.session->unsubscribe(uri);
  co_return Reply(std::string("{}"));
}

void ServerCore::changed(Change change, const std::string& uri) {
  static constexpr Method kMethods[] = {Method::tools_list_changed, Method::prompts_list_changed, Method::resources_list_changed,
                                        Method::resources_updated};
  const Method method = kMethods[static_cast<std::size_t>(change)];
  // A notification may end a listener; those that are here now are looked up again one by one.
  std::vector<Outlet*> outs;
  for (const auto& listener : listeners_) outs.push_back(listener.out);
  for (Outlet* out : outs) {
    auto found = std::find_if(listeners_.begin(), listeners_.end(), [&](const Listener& l) { return l.out == out; });
    if (found == listeners_.end()) continue;
    bool wanted = found->session != nullptr;
    switch (change) {
      case Change::tools: wanted |= found->tools; break;
      case Change::prompts: wanted |= found->prompts; break;
      case Change::resources: wanted |= found->resources; break;
      case Change::resource:
        wanted = found->session ? found->session->subscribed(uri) : std::any_of(found->uris.begin(), found->uris.end(), [&](const auto& u) {
          return protocol::subscription_covers(u, uri);
        });
        break;
    }
    if (!wanted) continue;
    JsonWriter w;
    w.object();
    if (!found->session) w.key("_meta").object().key(protocol::meta_key::kSubscriptionId).raw(found->subscription_id).end();
    if (change == Change::resource) w.field("uri", uri);
    w.end();
    (void)out->notify(method, w.text());
  }
}

}  // namespace sdk
