// The part of ClientCore that hears what changed, and tells whoever wants to know.
#include <algorithm>
#include <random>

#include "base/any_stop.h"
#include "base/json.h"
#include "protocol/subscriptions.h"
#include "sdk/client_core.h"

namespace mcp {

using detail::Listening;

Subscription::Subscription(std::shared_ptr<Listening> listening) : listening_(std::move(listening)) {}
Subscription::Subscription(Subscription&&) noexcept = default;
Subscription& Subscription::operator=(Subscription&& other) noexcept {
  std::swap(listening_, other.listening_);
  return *this;
}
Subscription::~Subscription() { close(); }
const ListenFilter& Subscription::granted() const { return listening_->granted; }
bool Subscription::alive() const { return listening_ && listening_->alive; }
void Subscription::close() {
  if (!listening_) return;
  listening_->alive = false;
  listening_->stop.request_stop();
}

}  // namespace mcp

namespace sdk {

using mcp::Change;
using mcp::ListenFilter;
using mcp::detail::Listening;

namespace {

constexpr Millis kPause{1'000};
constexpr Millis kPauseMost{60'000};

std::string params_of(const ListenFilter& filter) {
  mcp::JsonWriter w;
  auto list = [&w](std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    w.key(key).array();
    for (const auto& value : values) w.value(value);
    w.end();
  };
  w.object().key("notifications").object();
  if (filter.tools) w.field("toolsListChanged", true);
  if (filter.prompts) w.field("promptsListChanged", true);
  if (filter.resources) w.field("resourcesListChanged", true);
  list("resourceSubscriptions", filter.resource_uris);
  list("taskIds", filter.task_ids);
  w.end().end();
  return std::move(w).text();
}

// Those of `wanted` that `given` lists: a server cannot grant what nobody asked for.
std::vector<std::string> both(const std::vector<std::string>& wanted, JsonView given) {
  std::vector<std::string> out;
  given.each_element([&](JsonView one) {
    std::string text(one.string_or(""));
    if (std::find(wanted.begin(), wanted.end(), text) != wanted.end()) out.push_back(std::move(text));
  });
  return out;
}

ListenFilter granted_by(JsonView acknowledged, const ListenFilter& wanted) {
  ListenFilter out;
  out.tools = wanted.tools && acknowledged["toolsListChanged"].boolean_or(false);
  out.prompts = wanted.prompts && acknowledged["promptsListChanged"].boolean_or(false);
  out.resources = wanted.resources && acknowledged["resourcesListChanged"].boolean_or(false);
  out.resource_uris = both(wanted.resource_uris, acknowledged["resourceSubscriptions"]);
  out.task_ids = both(wanted.task_ids, acknowledged["taskIds"]);
  return out;
}

// The notification as a change, where the filter lets it through.
std::optional<Change> change_of(const ListenFilter& filter, Method method, std::string_view params) {
  Change change;
  switch (method) {
    case Method::tools_list_changed: change.kind = Change::Kind::tools; return filter.tools ? std::optional(change) : std::nullopt;
    case Method::prompts_list_changed: change.kind = Change::Kind::prompts; return filter.prompts ? std::optional(change) : std::nullopt;
    case Method::resources_list_changed:
      change.kind = Change::Kind::resources;
      return filter.resources ? std::optional(change) : std::nullopt;
    case Method::resources_updated: {
      auto uri = base::json_string(base::find_member(params, "uri"));
      if (!uri) return std::nullopt;
      change.kind = Change::Kind::resource;
      change.uri = *std::move(uri);
      for (const auto& subscribed : filter.resource_uris)
        if (protocol::subscription_covers(subscribed, change.uri)) return change;
      return std::nullopt;
    }
    case Method::tasks:
    case Method::tasks_status: {
      auto json = Json::parse(params);
      if (!json) return std::nullopt;
      auto task = read_remote_task(json->root());
      if (!task || std::find(filter.task_ids.begin(), filter.task_ids.end(), task->id) == filter.task_ids.end()) return std::nullopt;
      change.kind = Change::Kind::task;
      change.task = *std::move(task);
      return change;
    }
    default: return std::nullopt;
  }
}

void tell(const std::shared_ptr<Listening>& listening, const Change& change) {
  if (listening->alive && listening->on_change) listening->on_change(change);
}

// After a break: whatever is granted may have changed unheard.
void tell_all(const std::shared_ptr<Listening>& listening) {
  const ListenFilter granted = listening->granted;
  Change change;
  if (granted.tools) tell(listening, change);
  change.kind = Change::Kind::prompts;
  if (granted.prompts) tell(listening, change);
  change.kind = Change::Kind::resources;
  if (granted.resources) tell(listening, change);
  change.kind = Change::Kind::resource;
  for (const auto& uri : granted.resource_uris) {
    change.uri = uri;
    tell(listening, change);
  }
}

bool announces(std::string_view capabilities, std::string_view what, std::string_view member) {
  auto one = base::find_member(capabilities, what);
  return base::is_object(one) && base::find_member(one, member) == "true";
}

}  // namespace

// What was kept and is not good any more.
void ClientCore::forget(Method method, std::string_view params) {
  auto& store = cache_.store();
  switch (method) {
    case Method::tools_list_changed: return store.drop(owner_.server, Method::tools_list);
    case Method::prompts_list_changed: return store.drop(owner_.server, Method::prompts_list);
    case Method::resources_list_changed:
      store.drop(owner_.server, Method::resources_list);
      return store.drop(owner_.server, Method::resources_templates_list);
    case Method::resources_updated:
      if (auto uri = base::json_string(base::find_member(params, "uri"))) store.drop_resource(owner_.server, *uri);
      return;
    default: return;
  }
}

// A notification that belongs to no request.
void ClientCore::heard(Method method, std::string_view params) {
  forget(method, params);
  auto listening = legacy_listening_;  // whoever is told may end its subscription
  for (const auto& one : listening)
    if (auto change = change_of(one->granted, method, params)) tell(one, *change);
  if (options_.on_notification) options_.on_notification(protocol::method_name(method), params);
}

// A notification on the stream of a subscription.
void ClientCore::heard_on(const std::shared_ptr<Listening>& listening, Method method, std::string_view params) {
  if (method == Method::subscriptions_acknowledged) {
    auto json = Json::parse(params);
    if (!json || listening->acknowledged) return;
    const bool again = listening->first.ready();
    listening->acknowledged = true;
    listening->granted = granted_by((*json)["notifications"], listening->wanted);
    if (again) {
      forget(Method::tools_list_changed, {});
      forget(Method::prompts_list_changed, {});
      forget(Method::resources_list_changed, {});
      tell_all(listening);
    } else {
      listening->first.set(Result<>());
    }
    return;
  }
  if (!listening->acknowledged) return;  // nothing may come before it (Subscriptions)
  forget(method, params);
  if (auto change = change_of(listening->granted, method, params)) tell(listening, *change);
}

Task<void> ClientCore::keep_listening(std::shared_ptr<Listening> listening) {
  thread_local std::minstd_rand random{std::random_device{}()};
  base::AnyStop stop(listening->stop.get_token(), closing_.get_token());
  const std::string params = params_of(listening->wanted);
  Millis pause = kPause;
  while (!stop.token().stop_requested()) {
    if (!connection_->alive()) (void)co_await start_again().result();
    listening->acknowledged = false;
    CallOptions call;
    call.stop = stop.token();
    call.on_notification = [this, listening](Method method, std::string_view what) { heard_on(listening, method, what); };
    const Instant began = base::Timers::now();
    std::shared_ptr<Connection> connection = connection_;
    Result<Reply> ended = co_await connection->request(Method::subscriptions_listen, params, std::move(call)).result();
    if (stop.token().stop_requested()) break;
    const bool refused = ended && ended->error();
    if (refused || !listening->first.ready()) {
      Error why = refused  ? protocol::from_rpc(*ended->error())
                  : !ended ? ended.error()
                           : Error(Code::upstream_failed, "the server ended the subscription before it agreed to it");
      listening->alive = false;
      listening->first.set(std::move(why));
      co_return;
    }
    pause = base::Timers::now() - began > kPauseMost ? kPause : std::min(pause * 2, kPauseMost);
    co_await loop_.timers().sleep(pause + Millis(std::uniform_int_distribution<std::int64_t>(0, pause.count() / 4)(random)), stop.token());
  }
  listening->alive = false;
  listening->first.set(Error(Code::cancelled, "the subscription was closed"));
}

Task<void> ClientCore::subscribe(Method method, std::string uri) {
  Ask ask;
  ask.method = method;
  ask.params = "{\"uri\":" + base::quoted(uri) + "}";
  (void)co_await once(std::move(ask));
}

// A legacy server tells all that it announces, once there is a stream; only resources are subscribed to.
Task<void> ClientCore::grant_legacy(std::shared_ptr<Listening> listening) {
  const std::string& capabilities = connection_->capabilities();
  const ListenFilter& wanted = listening->wanted;
  ListenFilter granted;
  granted.tools = wanted.tools && announces(capabilities, "tools", "listChanged");
  granted.prompts = wanted.prompts && announces(capabilities, "prompts", "listChanged");
  granted.resources = wanted.resources && announces(capabilities, "resources", "listChanged");
  if (connection_->revision().features.tasks_core) granted.task_ids = wanted.task_ids;
  if (announces(capabilities, "resources", "subscribe")) {
    for (const auto& uri : wanted.resource_uris) {
      if (subscribed_[uri]++ == 0) {
        Result<> done = co_await subscribe(Method::resources_subscribe, uri).result();
        if (!done) {
          subscribed_.erase(uri);
          continue;
        }
      }
      granted.resource_uris.push_back(uri);
    }
  }
  if (granted.empty()) co_await mcp::fail(Code::not_found, "the server does not tell of what was asked for");
  listening->granted = std::move(granted);
}

Task<void> ClientCore::listen_legacy(std::shared_ptr<Listening> listening) {
  base::AnyStop stop(listening->stop.get_token(), closing_.get_token());
  co_await until_stopped(stop.token());
  listening->alive = false;
  std::erase(legacy_listening_, listening);
  if (closing_.stop_requested()) co_return;
  for (const auto& uri : listening->granted.resource_uris) {
    auto found = subscribed_.find(uri);
    if (found == subscribed_.end() || --found->second > 0) continue;
    subscribed_.erase(found);
    (void)co_await subscribe(Method::resources_unsubscribe, uri).result();
  }
}

// A new session knows nothing of what was subscribed in the old one.
Task<void> ClientCore::subscribe_again() {
  std::vector<std::string> uris;
  uris.reserve(subscribed_.size());
  for (const auto& [uri, count] : subscribed_) uris.push_back(uri);
  for (auto& uri : uris) (void)co_await subscribe(Method::resources_subscribe, std::move(uri)).result();
  auto listening = legacy_listening_;
  for (const auto& one : listening) tell_all(one);
}

Task<std::shared_ptr<Listening>> ClientCore::listen(ListenFilter wanted, std::function<void(const Change& change)> on_change) {
  if (wanted.empty()) co_return Error(Code::invalid_argument, "a subscription to nothing");
  auto listening = std::make_shared<Listening>();
  listening->wanted = std::move(wanted);
  listening->on_change = std::move(on_change);
  std::stop_token closing = closing_.get_token();
  if (connection_->modern()) {
    tasks_.spawn(keep_listening(listening));
    const Instant deadline = deadline_of(RequestOptions());
    Result<> agreed = co_await base::wait_for(listening->first, loop_.timers(), closing, deadline).result();
    if (!agreed) {
      listening->stop.request_stop();
      co_return std::move(agreed).error();
    }
    co_return listening;
  }
  connection_->hear();
  legacy_listening_.push_back(listening);
  Result<> granted = co_await grant_legacy(listening).result();
  if (!granted) {
    listening->alive = false;
    std::erase(legacy_listening_, listening);
    co_return std::move(granted).error();
  }
  tasks_.spawn(listen_legacy(listening));
  co_return listening;
}

}  // namespace sdk
