// The part of Front that tells clients of changes.
#include "base/any_stop.h"
#include "base/json.h"
#include "gateway/front.h"
#include "gateway/uris.h"
#include "protocol/errors.h"
#include "protocol/params.h"
#include "protocol/subscriptions.h"
#include "protocol/tasks.h"
#include "sdk/session.h"

namespace gateway {

using authz::Subject;
using base::Code;
using base::Error;
using base::Result;
using base::Task;
using protocol::Method;
using protocol::RpcError;
using sdk::Reply;

namespace {

// How long an acknowledgement waits for those of the upstreams.
constexpr base::Millis kPatience{3'000};
// How long a legacy client's subscription may take.
constexpr base::Millis kSubscribeTime{10'000};

bool announces(std::string_view capabilities, std::string_view what, std::string_view member) {
  auto one = base::find_member(capabilities, what);
  return base::is_object(one) && base::find_member(one, member) == "true";
}

RpcError unknown_resource(const protocol::Revision& revision, std::string_view uri) {
  RpcError error = protocol::resource_not_found(uri);
  if (revision.features.resource_not_found_code) error.code = protocol::kLegacyResourceNotFound;
  return error;
}

}  // namespace

// Where a resource is watched. On the aggregate it is somebody's that has it, produces it, or has what stands inside of it.
std::optional<Watched::Place> Front::place_of(const Viewer& who, const std::string& uri) {
  if (!scope_.empty()) return Watched::Place{uri, scope_, uri};
  auto seen = catalog(who);
  if (auto place = seen->place(uri)) return Watched::Place{uri, place->entry->server->id, place->uri};
  for (DefinitionKind kind : {DefinitionKind::resource, DefinitionKind::resource_template})
    for (const Entry& entry : seen->entries(kind)) {
      if (!protocol::subscription_covers(uri, entry.public_name)) continue;
      auto plain = entry.public_name == entry.name ? std::nullopt : unprefixed_uri(uri);
      return Watched::Place{uri, entry.server->id, plain ? plain->uri : uri};
    }
  return std::nullopt;
}

bool Front::has_updates(const Viewer& who, std::string_view server) {
  auto seen = catalog(who);
  const ServerCatalog* offer = seen ? seen->offer(server) : nullptr;
  return offer && announces(offer->capabilities, "resources", "subscribe");
}

// A list changes when a server behind the route says so. On the aggregate also when one comes that was never asked before.
bool Front::has_changes(const Viewer& who, std::string_view what) {
  auto seen = catalog(who);
  if (!scope_.empty()) {
    const ServerCatalog* offer = seen ? seen->offer(scope_) : nullptr;
    return offer && announces(offer->capabilities, what, "listChanged");
  }
  for (const auto& offer : seen->offers())
    if (announces(offer->capabilities, what, "listChanged")) return true;
  return seen->offers().size() < gateway_.upstreams_.size();
}

// Leaves in `filter` what can be told, without the resources, which are given: those that may be asked for.
Task<std::vector<Watched::Place>> Front::judge(const base::Principal* who, Viewer viewer, ChangeFilter* filter, std::stop_token stop) {
  const CatalogSource::Kinds resources = kinds_for(DefinitionKind::resource);
  if (!scope_.empty())
    co_await gateway_.source_.meet_one(scope_, viewer, stop);
  else if (!filter->uris.empty())
    co_await gateway_.source_.settle(viewer, resources, stop);
  filter->tools = filter->tools && has_changes(viewer, "tools");
  filter->prompts = filter->prompts && has_changes(viewer, "prompts");
  filter->resources = filter->resources && has_changes(viewer, "resources");
  std::vector<Watched::Place> places;
  for (const std::string& uri : std::exchange(filter->uris, {})) {
    auto place = place_of(viewer, uri);
    if (!place || !has_updates(viewer, place->server)) continue;
    const Subject subject{Subject::Verb::read, place->server, place->real};
    if (!gateway_.policy_.decide(*who, subject, {}).denied()) places.push_back(*std::move(place));
  }
  co_return std::move(places);
}

// What a stream keeps while it is open.
struct Front::Listening {
  Listening(std::stop_token client, std::stop_token gateway, std::stop_token gone)
      : removed(gone), ending(std::move(gateway), std::move(gone)), stop(std::move(client), ending.token()) {}
  std::stop_token removed;  // the server was taken out of the config
  base::AnyStop ending, stop;
  std::string meta;  // of its result
  std::vector<TaskFollow> follows;
  std::optional<Listeners::Seat> seat;
  std::optional<Watched> watched;
  std::optional<base::TaskGroup> following;
};

Task<Reply> Front::listen(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out) {
  auto listening = std::make_unique<Listening>(out->stop_token(), gateway_.closing_.get_token(), removed_.get_token());
  std::optional<Reply> refused = co_await begin_listening(call, in, out, listening.get());
  if (refused) co_return *std::move(refused);
  co_await sdk::until_stopped(listening->stop.token());
  if (listening->following) co_await listening->following->join();
  if (listening->removed.stop_requested())
    co_await mcp::fail(Code::unavailable, "server '" + scope_ + "' was taken out of the gateway's config");
  co_return Reply(std::move(listening->meta));
}

Task<std::optional<Reply>> Front::begin_listening(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out, Listening* listening) {
  call->record.caller = co_await identify(*in);
  ChangeFilter filter = co_await parse_change_filter(in->rpc.params.notifications);
  filter.server = scope_;
  filter.subscription_id = in->rpc.message.id;
  filter.caller = call->record.caller->id;
  filter.hears = hears(*in, call->record.caller);
  listening->meta = "{\"_meta\":{\"" + std::string(protocol::meta_key::kSubscriptionId) + "\":" + filter.subscription_id + "}}";
  const std::stop_token stop = listening->stop.token();
  const Viewer seer = viewer(*call, *in);
  if (!filter.task_ids.empty() && !client_has_tasks(*in))
    co_return Reply(protocol::missing_capability("taskIds need a client with the tasks extension", protocol::kTasksRequired));
  auto places = co_await judge(call->record.caller.get(), seer, &filter, stop);
  listening->follows = co_await followed(call->record.caller.get(), in, &filter, stop);
  Listeners::Seat& seat = listening->seat.emplace(gateway_.listeners_, filter, *out);
  std::optional<Watched>& watched = listening->watched;
  if (!places.empty()) {
    Audience audience{call->record.caller->id, seen_capabilities(*in), {}};
    auto whose = [audience](const std::string&) { return audience; };
    watched.emplace(gateway_.subscriptions_, whose, [&seat](std::string_view uri) { seat.updated(uri); });
    const base::Instant deadline = base::Timers::now() + kPatience;
    auto agreed = co_await watched->add(std::move(places), stop, deadline).result();
    // What an upstream has not answered yet is asked for until it does.
    if (agreed) filter.uris.merge(agreed->granted);
    if (agreed) filter.uris.merge(agreed->open);
  }
  co_await seat.acknowledge(filter);
  if (!listening->follows.empty()) {
    tell_tasks(&listening->follows, call->record.caller.get(), &seat);
    listening->following.emplace();
    for (TaskFollow& follow : listening->follows) listening->following->spawn(gateway_.tasks_.follow(&follow, stop));
  }
  co_return std::nullopt;
}

Task<void> Front::stream(sdk::Inbound in, sdk::Outlet& out) {
  auto caller = co_await identify(in);
  ChangeFilter filter;
  filter.server = scope_;
  filter.tools = filter.prompts = filter.resources = true;
  filter.caller = caller->id;
  filter.hears = hears(in, caller);
  filter.session = in.session;
  Listeners::Seat seat(gateway_.listeners_, std::move(filter), out);
  TaskBridge::Stream asked(gateway_.tasks_, in.session ? in.session->id() : std::string(), out);
  base::AnyStop ending(gateway_.closing_.get_token(), removed_.get_token());
  base::AnyStop stop(out.stop_token(), ending.token());
  (void)co_await watch_again(caller.get(), &in, stop.token()).result();
  co_await sdk::until_stopped(stop.token());
  // A client that comes back finds that there is no such route.
  if (!gateway_.closing_.stop_requested() && !out.stop_token().stop_requested()) out.close_stream(base::Millis(1'000));
}

std::shared_ptr<Watched> Front::watched_of(const sdk::Inbound& in, const base::Principal& who) {
  sdk::Session* session = in.session.get();
  auto& place = watched_[session];
  if (!place) {
    const Audience audience{who.id, seen_capabilities(in), {}};
    auto whose = [this, audience, handle = handle_of(*session)](const std::string& server) {
      Audience out = audience;
      auto upstream = gateway_.upstreams_.find(server);
      const bool keeps = upstream != gateway_.upstreams_.end() && upstream->second->config().state == ServerConfig::State::session;
      if (keeps) out.handle = handle;
      return out;
    };
    auto tell = [this, session](std::string_view uri) { gateway_.listeners_.updated(*session, uri); };
    place = std::make_shared<Watched>(gateway_.subscriptions_, std::move(whose), std::move(tell));
  }
  return place;
}

// A session that began in another process comes with its subscriptions. What it missed meanwhile nobody knows.
Task<void> Front::watch_again(const base::Principal* who, const sdk::Inbound* in, std::stop_token stop) {
  if (watched_.contains(in->session.get())) co_return;
  ChangeFilter filter;
  for (std::string& uri : in->session->subscriptions()) filter.uris.insert(std::move(uri));
  if (filter.uris.empty()) co_return;
  const Viewer seer = viewer(*who, *in);
  auto places = co_await judge(who, seer, &filter, stop);
  std::shared_ptr<Watched> watched = watched_of(*in, *who);
  auto agreed = co_await watched->add(std::move(places), stop, base::Timers::now() + kSubscribeTime);
  agreed.granted.merge(agreed.open);
  for (const std::string& uri : agreed.granted) gateway_.listeners_.updated(*in->session, uri);
}

// A legacy client's wish to hear of one resource; the stream of its session tells it.
Task<Reply> Front::subscribe(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out) {
  call->record.caller = co_await identify(*in);
  auto uri = base::json_string(in->rpc.params.uri);
  if (!uri || !in->session) co_return Reply(protocol::invalid_params("params.uri must be a string"));
  const Viewer seer = viewer(*call, *in);
  auto mine = watched_.find(in->session.get());
  if (in->method() == Method::resources_unsubscribe) {
    in->session->unsubscribe(*uri);
    if (mine != watched_.end()) mine->second->remove(*uri);
    co_return Reply(std::string("{}"));
  }
  const CatalogSource::Kinds resources = kinds_for(DefinitionKind::resource);
  if (!scope_.empty())
    co_await gateway_.source_.meet_one(scope_, seer, out->stop_token());
  else if (!place_of(seer, *uri))
    co_await gateway_.source_.settle(seer, resources, out->stop_token(), CatalogSource::Wait::fully);
  auto place = place_of(seer, *uri);
  if (!place) co_return Reply(unknown_resource(in->revision(), *uri));
  call->record.server = place->server;
  call->record.name = place->real;
  const Subject subject{Subject::Verb::read, place->server, place->real};
  if (const authz::Decision decision = gateway_.policy_.decide(*call->record.caller, subject, {}); decision.denied()) {
    call->denied = decision.text();
    co_return Reply(unknown_resource(in->revision(), *uri));
  }
  if (!has_updates(seer, place->server))
    co_return Reply(protocol::invalid_params("server '" + place->server + "' does not tell of changes of resources"));
  std::shared_ptr<Watched> watched = watched_of(*in, *call->record.caller);  // the session may end meanwhile
  std::vector<Watched::Place> places;
  places.push_back(*std::move(place));
  auto agreed = co_await watched->add(std::move(places), out->stop_token(), base::Timers::now() + kSubscribeTime);
  if (auto why = agreed.refused.find(*uri); why != agreed.refused.end()) co_return Reply(why->second);
  if (!agreed.open.empty()) {
    watched->remove(*uri);
    co_await mcp::fail(Code::unavailable, agreed.why);
  }
  in->session->subscribe(*uri);
  co_return Reply(std::string("{}"));
}

}  // namespace gateway
