#include "app/wiring.h"

#include <fmt/format.h>

#include "app/audit_reading.h"
#include "app/build_info.h"
#include "app/builtin_handler.h"
#include "app/config_auth.h"
#include "app/config_shared.h"
#include "app/instance_lock.h"
#include "gateway/front.h"
#include "protocol/message.h"
#include "redact/redactor.h"

namespace app {
namespace {

using mcp::Code;
using mcp::Error;

net::HttpServerOptions server_options(const AppConfig& config) {
  net::HttpServerOptions options;
  options.max_body = config.limits.body;
  options.max_head = config.limits.head;
  options.max_connections = config.gateway.limits.connections;
  options.max_held = config.gateway.limits.memory;
  const auto wait = std::chrono::seconds(options.turned_away.retry_after);
  mcp::Error full(Code::unavailable, "the gateway has too much to do; try again later");
  options.turned_away.type = "application/json";
  options.turned_away.body = protocol::encode_error({}, protocol::to_refusal(std::move(full).with_data(gateway::retry_after(wait))));
  return options;
}

}  // namespace

mcp::Result<std::unique_ptr<Wiring>> Wiring::open(AppConfig config, net::Reaper& reaper) {
  auto store = store::open_store(config.store.reveal());
  if (!store) return std::move(store).error();
  auto keys = state_keys(config);
  if (!keys) return std::move(keys).error();
  config.gateway.state_keys = *std::move(keys);
  auto token_keys = app::token_keys(config);
  if (!token_keys) return std::move(token_keys).error();
  config.gateway.token_keys = *std::move(token_keys);
  auto audit = AuditPart::open(config);
  if (!audit) return std::move(audit).error();
  std::unique_ptr<Wiring> out(new Wiring(std::move(config), *std::move(store), reaper));
  out->audit_ = *std::move(audit);
  if (out->audit_) {
    out->recorders_.add(&out->audit_->writer());
    out->admin_->use(audit_reading(std::make_shared<const observe::AuditTrail>(out->audit_->trail())));
  }
  if (auto opened = out->open_keys(); !opened) return std::move(opened).error();
  return out;
}

Wiring::Wiring(AppConfig config, std::unique_ptr<store::Store> store, net::Reaper& reaper)
    : config_(std::move(config)),
      live_(sdk::random_id(), "admin"),
      telemetry_(TelemetryPart::open(config_, loop_, pool_)),
      store_(std::move(store)) {
  if (telemetry_) recorders_.add(&telemetry_->exporter());
  live_.redact_by([redactor = redact::Redactor()](std::string_view json) { return redactor.json(json); });
  auto open = [this](const gateway::ServerConfig& server) { return open_builtin(loop_, server, hooks_); };
  gateway::Gateway::Parts parts{loop_,
                                pool_,
                                recorders_,
                                store_->catalogs(),
                                reaper,
                                open,
                                std::string(build_version()),
                                nullptr,
                                &store_->approvals(),
                                &store_->pins(),
                                &store_->sign_ins()};
  gateway_ = std::make_unique<gateway::Gateway>(config_.gateway, std::move(parts));
  auto alive = [this](std::string_view instance) { return peers_->alive(instance); };
  gateway::KeptSessions::Parts kept{loop_, pool_, store_->sessions(), gateway_->carrier(), alive};
  sessions_ = std::make_shared<gateway::KeptSessions>(std::move(kept));
  auto place = [this](std::string id) { return sessions_->place(std::move(id)); };
  gateway::Peers::Parts others{loop_, gateway_->carrier(), config_.gateway.state_keys, config_.peers, place};
  peers_ = std::make_unique<gateway::Peers>(std::move(others));
  AdminDesk::Parts own{loop_, pool_, *gateway_, *store_, live_, traffic_, {}, {}, {}, std::string(build_version())};
  own.config = [this]() -> const AppConfig& { return config_; };
  own.keys = [this]() -> const authz::KeyDesk* { return desk_.get(); };
  admin_ = std::make_unique<AdminDesk>(std::move(own));
}

mcp::Result<> Wiring::start() {
  auto started = gateway_->start();
  if (started) peers_->start();
  if (started && telemetry_) telemetry_->start();
  if (started && desk_) desk_->start();
  return started;
}

base::Task<void> Wiring::stop(base::Millis grace) {
  co_await peers_->stop();
  co_await gateway_->stop(grace);
  if (desk_) co_await desk_->stop();
  if (telemetry_) co_await telemetry_->stop();
}

gateway::ConfigChange Wiring::apply(AppConfig config) {
  config_ = std::move(config);
  return gateway_->apply(config_.gateway);
}

base::Task<void> Wiring::check_store() {
  auto work = [store = store_.get()] { return store->check(); };
  mcp::Result<> outcome = co_await pool_.run(loop_, work);
  co_await std::move(outcome);
}

HttpSide::HttpSide(Wiring& wiring)
    : wiring_(wiring),
      console_(wiring.door("/mcp/s/admin") ? std::make_shared<gateway::ConsoleGate>(wiring.door("/mcp/s/admin")) : nullptr),
      origins_(origin_rules()),
      routes_(route_parts()),
      server_(wiring.loop(), options(), [this](net::HttpExchange& exchange) { return routes_.serve(exchange); }) {
  if (TelemetryPart* telemetry = wiring_.telemetry()) telemetry->gather([this] { return wiring_.metrics().families(gauges()); });
}

net::HttpServerOptions HttpSide::options() {
  net::HttpServerOptions out = server_options(wiring_.config());
  // Pages that say how the gateway is are served all the same.
  out.doorman = [gateway = &wiring_.gateway()](const net::HttpRequest& head) { return !gateway->full() || !head.path.starts_with("/mcp"); };
  return out;
}

void HttpSide::follow() {
  origins_ = origin_rules();
  if (secured_) server_.use(wiring_.config().tls);
  for (auto& endpoint : endpoints_) endpoint->admit(origins_);
  server_.limit_body(wiring_.config().limits.body);
  routes_.lead_to(server_endpoints(), profile_endpoints());
}

edge::Routes::Endpoints HttpSide::server_endpoints() {
  edge::Routes::Endpoints out;
  for (const gateway::ServerConfig& server : wiring_.config().gateway.servers)
    if (server.enabled && wiring_.gateway().server(server.id))
      out.emplace(server.id, endpoint_of("/mcp/s/" + server.id, *wiring_.gateway().server(server.id)));
  out.emplace("admin", endpoint_of("/mcp/s/admin", wiring_.admin().handler()));
  return out;
}

edge::Routes::Endpoints HttpSide::profile_endpoints() {
  edge::Routes::Endpoints out;
  for (const auto& [name, profile] : wiring_.config().gateway.profiles)
    if (sdk::Handler* handler = wiring_.gateway().profile(name)) out.emplace(name, endpoint_of("/mcp/p/" + name, *handler));
  return out;
}

// An endpoint stays when its server or profile goes: streams may still be on it, and what went may come back.
net::HttpHandler HttpSide::endpoint_of(const std::string& path, sdk::Handler& handler) {
  auto found = handlers_.find(path);
  if (found == handlers_.end()) found = handlers_.emplace(path, add_endpoint(path, handler)).first;
  return found->second;
}

net::HttpHandler HttpSide::add_endpoint(std::string path, sdk::Handler& handler) {
  sdk::HttpEndpointOptions options;
  // One server alone is asked what its extensions know; behind the aggregate nobody could say whom a method is for.
  if (path.starts_with("/mcp/s/")) gateway::add_extensions(options.front.methods);
  options.protection = wiring_.door(path);
  options.path = std::move(path);
  options.origins = origins_;
  options.front.strictness = wiring_.config().strictness;
  options.keeper = wiring_.sessions();
  // Browsers come with a session of the console.
  if (console_ && options.path == "/mcp/s/admin") options.protection = console_;
  endpoints_.push_back(
      std::make_unique<sdk::HttpEndpoint>(wiring_.loop(), handler, std::make_shared<sdk::SessionTable>(), std::move(options)));
  const std::string& at = endpoints_.back()->options().path;
  const net::HttpHandler& here =
      (here_[at] = [endpoint = endpoints_.back().get()](net::HttpExchange& exchange) { return endpoint->serve(exchange); });
  if (wiring_.config().peers.empty()) return here;
  return [peers = &wiring_.peers(), &here](net::HttpExchange& exchange) { return peers->serve(exchange, &here); };
}

edge::RouteParts HttpSide::route_parts() {
  edge::RouteParts parts;
  parts.version = build_version();
  parts.aggregate = add_endpoint("/mcp", wiring_.gateway().aggregate());
  parts.servers = server_endpoints();
  parts.profiles = profile_endpoints();
  parts.status = [this] { return wiring_.gateway().status(); };
  parts.check_store = [this] { return wiring_.check_store(); };
  if (!wiring_.config().peers.empty())
    parts.peer = [this](net::HttpExchange& exchange) { return wiring_.peers().receive(exchange, &find_here_); };
  parts.metrics = [this] { return metrics_text(); };
  add_identity(parts);
  add_console(parts);
  parts.usage = [this] { return wiring_.gateway().usage(); };
  parts.hook = [this](std::string_view server, const net::HttpRequest& request) {
    servers::Builtin::HookRequest hook;
    hook.header = [&request](std::string_view name) { return request.find(name).value_or(""); };
    hook.body = request.body;
    servers::Builtin::HookAnswer answer = wiring_.hooks().deliver(server, hook);
    return edge::plain_page(answer.status, std::move(answer.text));
  };
  parts.welcome = [this](const net::HttpRequest& request) { return sdk::judge_origin(request, origins_) == sdk::OriginVerdict::fine; };
  return parts;
}

mcp::Result<> HttpSide::listen(const Address& address) {
  auto listening = server_.listen(address.host, address.port);
  address_ = address;
  if (listening) {
    address_.port = server_.port();
    wiring_.gateway().sign_ins().be_at([this] { return browser_origin(); });
    return listening;
  }
  if (listening.error().code != Code::conflict) return listening;
  auto pid = find_listener(address.port);
  std::string who = pid ? fmt::format("the process {}", *pid) : "another process";
  return Error(Code::conflict, fmt::format("{} listens on {}; stop it, or choose another port with --listen", who, address.text()));
}

base::Task<void> HttpSide::stop(base::Millis grace) {
  const base::Instant over = base::Timers::now() + grace;
  if (metrics_server_) co_await metrics_server_->stop(base::Millis(0));
  co_await server_.stop(grace);
  for (auto& endpoint : endpoints_)
    co_await endpoint->close(std::max(base::Millis(0), std::chrono::duration_cast<base::Millis>(over - base::Timers::now())));
}

Address HttpSide::address() const { return address_; }

observe::Gauges HttpSide::gauges() const {
  const net::HttpServerCounters& counters = server_.counters();
  observe::Gauges out = wiring_.gauges();
  out.open_streams = counters.streams;
  out.open_connections = counters.connections;
  out.connections = counters.accepted;
  out.requests = counters.requests;
  out.refused = counters.refused;
  out.turned_away = counters.turned_away;
  out.held_bytes = counters.held;
  out.uptime = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began_);
  return out;
}

std::string HttpSide::metrics_text() const {
  std::string text = wiring_.metrics().text(gauges()) + wiring_.identity_metrics();
  if (wiring_.audit()) text += wiring_.audit()->metrics();
  if (more_metrics_) text += more_metrics_();
  return text;
}

}  // namespace app
