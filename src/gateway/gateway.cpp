#include "gateway/gateway.h"

#include "base/any_stop.h"
#include "base/json.h"
#include "base/log.h"
#include "gateway/confine.h"
#include "gateway/front.h"
#include "gateway/trust/definition_scan.h"
#include "gateway/upstream/builtin_link.h"
#include "gateway/upstream/connection_link.h"
#include "gateway/upstream/held.h"
#include "sdk/session.h"

namespace gateway {

using base::Result;
using base::Task;
using protocol::Method;

Gateway::Gateway(Config config, Parts parts)
    : config_(std::make_shared<const Config>(std::move(config))),
      parts_(std::move(parts)),
      calls_(parts_.recorder),
      limits_(config_->limits),
      carrier_(sdk::random_id(), config_->state_keys),
      approvals_({parts_.loop, parts_.pool, parts_.approvals}, config_->approvals),
      sign_ins_({parts_.loop, parts_.pool, parts_.sign_ins, carrier_,
                 [this](const std::string& server, const std::string&) { signed_in(server); }},
                config_->token_keys),
      parked_(parts_.loop),
      tasks_(parts_.loop, carrier_),
      subscriptions_(parts_.loop, asker()),
      pinning_({parts_.loop, parts_.pool, parts_.pins, [this](std::string_view server) { source_.repin(server); }}, config_->pins),
      source_({config_, parts_.loop, parts_.pool, parts_.store, listeners_, config_->patience, base::Millis(1'000), base::Timers::now,
               &pinning_}),
      budget_(config_->budget) {
  calls_.trace(config_->trace_share);
  policy_.use(config_->rules, confinement_of(*config_));
  policy_.use(config_->door == authz::Door::keys ? authz::Policy::Keyed::yes : authz::Policy::Keyed::no);
  identity_.use(config_->door);
  pinning_.object([this](const ServerConfig& server, std::string_view said) { return scan_objection(config_->scan, server.id, said); });
  fronts_.emplace("", std::make_unique<Front>(*this, ""));
  open_profiles();
  for (const ServerConfig& server : config_->servers) {
    if (server.enabled) source_.add(open_upstream(server));
  }
}

std::shared_ptr<Upstream> Gateway::open_upstream(const ServerConfig& server) {
  const std::string& id = server.id;
  warn_of_launch(server, launches());
  LinkEvents events;
  events.list_changed = [this, id](Method which) {
    if (which == Method::resources_list_changed) reads_.drop(id);
    source_.changed(id, which);
  };
  events.renewed = [this, id] {
    reads_.drop(id);
    source_.renewed(id);
  };
  events.crowded = [this, id](const Audience* audience) { parked_.make_room(id, audience); };
  events.boxed = [this, id](std::string_view layers) { lacking_[id] = layers; };
  events.task_changed = [this, id](const Audience& audience, std::string_view params) { tasks_.heard(id, audience, params); };
  UpstreamCare care;
  care.credentials = sign_ins_.open(server);
  auto upstream =
      Held::hold(std::make_unique<Upstream>(parts_.loop, server, link_opener(server), std::move(events), std::move(care)), parts_.loop);
  upstreams_.emplace(id, upstream);
  // A front stays when its server goes: streams may still be on it, and the server may come back.
  if (!fronts_.contains(id)) fronts_.emplace(id, std::make_unique<Front>(*this, id));
  return upstream;
}

void Gateway::signed_in(const std::string& server) {
  if (closing_.stop_requested()) return;
  auto found = upstreams_.find(server);
  if (found == upstreams_.end()) return;
  start_if_eager(*found->second);
  for (DefinitionKind kind : {DefinitionKind::tool, DefinitionKind::prompt, DefinitionKind::resource})
    listeners_.list_changed(server, kind);
}

void Gateway::start_if_eager(Upstream& upstream) {
  const ServerConfig& config = upstream.config();
  // Whoever signs nowhere in is the first to come, as far as anybody knows.
  const Viewer nobody{{"local", "{}", {}}, nullptr};
  if (config.start == ServerConfig::Start::eager || config.required) source_.start(config.id, nobody);
}

// As with servers, a front stays when its profile goes, and then serves nothing.
void Gateway::open_profiles() {
  for (const auto& [name, profile] : config_->profiles) {
    std::string key = "/" + name;
    if (!fronts_.contains(key)) fronts_.emplace(std::move(key), std::make_unique<Front>(*this, "", name));
  }
}

Gateway::~Gateway() = default;

Subscriptions::Ask Gateway::asker() {
  return [this](std::string server, LinkRequest request) -> Task<sdk::Reply> {
    auto ask = [](Gateway* self, std::string id, LinkRequest what) -> Task<sdk::Reply> {
      auto found = self->upstreams_.find(id);
      if (found == self->upstreams_.end()) co_return base::Error(base::Code::unavailable, "there is no server '" + id + "' any more");
      std::shared_ptr<Upstream> upstream = found->second;
      what.on_notification = [self, id, hear = std::move(what.on_notification)](Method method, std::string_view params) {
        auto uri = base::json_string(method == Method::resources_updated ? base::find_member(params, "uri") : std::string_view());
        if (uri) self->reads_.updated(id, *uri);
        if (hear) hear(method, params);
      };
      // A listen is not kept on a server that was replaced: it is broken off, and opened again on the new one.
      base::AnyStop stop(what.stop, Held::retiring(upstream));
      what.stop = stop.token();
      Result<sdk::Reply> reply = co_await upstream->request(std::move(what)).result();
      if (!reply && Held::retiring(upstream).stop_requested())
        co_return base::Error(base::Code::unavailable, "server '" + id + "' was begun anew with another config");
      co_return std::move(reply);
    };
    return ask(this, std::move(server), std::move(request));
  };
}

namespace {

Task<std::unique_ptr<Link>> refused_launch(std::string server, std::string why) {
  co_return base::Error(base::Code::denied, "server '" + server + "' is not started: " + why);
}

}  // namespace

OpenLink Gateway::link_opener(const ServerConfig& config) {
  if (config.kind == ServerConfig::Kind::builtin) {
    return [this, config](LinkEvents events, std::stop_token) -> Task<std::unique_ptr<Link>> {
      auto open = [](Gateway* self, ServerConfig server, LinkEvents hear) -> Task<std::unique_ptr<Link>> {
        std::unique_ptr<sdk::Handler> handler = co_await self->parts_.open_builtin(server);
        co_return co_await open_builtin_link(self->parts_.loop, std::move(handler), std::move(hear));
      };
      return open(this, config, std::move(events));
    };
  }
  auto memory = std::make_shared<EraMemory>();
  std::shared_ptr<Credentials> credentials = sign_ins_.find(config.id);
  return [this, config, memory, credentials](LinkEvents events, std::stop_token stop) -> Task<std::unique_ptr<Link>> {
    if (auto why = pinning_.launch_objection(config)) return refused_launch(config.id, *why);
    return open_connection_link({parts_.loop, parts_.reaper, parts_.version, launches(), credentials}, config, std::move(events),
                                std::move(stop), memory);
  };
}

Result<> Gateway::start() {
  if (auto loaded = pinning_.load(); !loaded) return loaded;
  if (auto loaded = source_.load(); !loaded) return loaded;
  pinning_.start();
  for (const auto& [id, upstream] : upstreams_) start_if_eager(*upstream);
  warm_code();
  return {};
}

Task<void> Gateway::stop(base::Millis grace) {
  closing_.request_stop();
  (void)co_await calls_.drained(parts_.loop.timers(), base::Timers::now() + grace).result();
  ending_.request_stop();
  co_await approvals_.stop();
  co_await sign_ins_.stop();
  co_await code_.stop();
  co_await parked_.stop();
  co_await tasks_.stop();
  co_await subscriptions_.stop();
  co_await source_.stop();
  co_await pinning_.stop();
  // All at once: each may take its time to end its child.
  work_.stop();
  auto close = [](Upstream* upstream) -> Task<void> { co_await upstream->close(); };
  for (const auto& [id, upstream] : upstreams_) work_.spawn(close(upstream.get()));
  co_await work_.join();
}

sdk::Handler& Gateway::aggregate() { return *fronts_.find("")->second; }

sdk::Handler* Gateway::server(std::string_view id) {
  auto found = upstreams_.contains(id) ? fronts_.find(id) : fronts_.end();
  return found == fronts_.end() ? nullptr : found->second.get();
}

sdk::Handler* Gateway::profile(std::string_view name) {
  if (!config_->profiles.contains(name)) return nullptr;
  auto found = fronts_.find("/" + std::string(name));
  return found == fronts_.end() ? nullptr : found->second.get();
}

Status Gateway::status() const {
  Status out;
  for (const ServerConfig& server : config_->servers) {
    auto found = upstreams_.find(server.id);
    UpstreamStatus one;
    if (found != upstreams_.end()) {
      one = found->second->status();
      one.tools = source_.tools(server.id);
    } else {
      one.id = server.id;
      one.kind = server.kind == ServerConfig::Kind::builtin ? "builtin" : server.kind == ServerConfig::Kind::command ? "command" : "url";
      one.state = "disabled";
      one.enabled = false;
      one.required = server.required;
    }
    if (server.kind == ServerConfig::Kind::command) {
      auto lacking = lacking_.find(server.id);
      const std::string& without = lacking == lacking_.end() ? machine_lacks_ : lacking->second;
      one.sandbox = server.box.mode == BoxConfig::Mode::off ? "off" : without.empty() ? "on" : "without " + without;
    }
    out.upstreams.push_back(std::move(one));
  }
  out.streams = listeners_.size();
  out.calls = calls_.running();
  return out;
}

}  // namespace gateway
