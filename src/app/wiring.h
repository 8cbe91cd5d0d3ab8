// The gateway, put together from the rooms: what `serve`, `stdio` and a command without a running gateway share.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "access/keys/key_desk.h"
#include "access/keys/token_mint.h"
#include "app/admin_desk.h"
#include "app/audit_part.h"
#include "app/config.h"
#include "app/hooks.h"
#include "app/telemetry_part.h"
#include "base/blocking.h"
#include "base/loop.h"
#include "edge/routes.h"
#include "gateway/gateway.h"
#include "gateway/kept_sessions.h"
#include "gateway/key_gate.h"
#include "gateway/peers.h"
#include "gateway/token_door/sign_in.h"
#include "net/http_server.h"
#include "observe/call_log.h"
#include "observe/live_calls.h"
#include "observe/metrics.h"
#include "observe/traffic.h"
#include "sdk/http_endpoint.h"
#include "store/catalog_store.h"

namespace app {

// A gateway and everything that it stands on.
// Owns: the loop, the pool, the store, the gateway, the records of its calls.
// Threads: made on one thread; from start() on, everything but the loop's own post() belongs to the thread that runs the loop.
class Wiring {
 public:
  // Opens the store and builds the gateway; starts nothing. Errors: those of open_store.
  static mcp::Result<std::unique_ptr<Wiring>> open(AppConfig config, net::Reaper& reaper);

  // Errors: those of Gateway::start.
  mcp::Result<> start();
  base::Task<void> stop(base::Millis grace);

  base::Loop& loop() { return loop_; }
  base::BlockingPool& pool() { return pool_; }
  gateway::Gateway& gateway() { return *gateway_; }
  const AppConfig& config() const { return config_; }
  observe::Metrics& metrics() { return metrics_; }
  // Null where the config wants none.
  TelemetryPart* telemetry() { return telemetry_.get(); }
  // What a scrape shows of the gateway, but for its HTTP side.
  observe::Gauges gauges();
  // Keeps legacy sessions in the store.
  std::shared_ptr<gateway::KeptSessions> sessions() { return sessions_; }
  // API keys, their door, and tokens for who has one; null where the config wants none.
  authz::KeyDesk* desk() { return desk_.get(); }
  std::shared_ptr<gateway::KeyGate> gate() { return gate_; }
  // Sign-in with tokens; null where the config names no issuer.
  gateway::SignIn* sign_in() { return sign_in_.get(); }
  // The door of an MCP path; null where everybody may enter.
  std::shared_ptr<sdk::Admission> door(const std::string& path);
  authz::TokenMint* mint() { return mint_.get(); }
  // A command has changed keys or approvals in the store. Ends when that was looked at. Errors: none.
  base::Task<void> store_changed();
  // Numbers of keys and approvals, as Prometheus text.
  std::string identity_metrics();
  // The other instances, if there are any.
  gateway::Peers& peers() { return *peers_; }
  // Gatehouse's own verbs.
  AdminDesk& admin() { return *admin_; }
  // Null where the config wants no audit trail.
  AuditPart* audit() { return audit_.get(); }
  const Hooks& hooks() const { return hooks_; }
  // Takes another config while the gateway runs; see Gateway::apply. What only a restart changes must be as it was.
  gateway::ConfigChange apply(AppConfig config);
  // Ends with an Error when the store does not work.
  base::Task<void> check_store();

 private:
  Wiring(AppConfig config, std::unique_ptr<store::Store> store, net::Reaper& reaper);
  mcp::Result<> open_keys();

  AppConfig config_;
  base::Loop loop_;
  base::BlockingPool pool_;
  observe::Metrics metrics_;
  observe::CallLog log_;
  observe::LiveCalls live_;
  observe::Traffic traffic_;
  observe::Recorders recorders_{{&metrics_, &log_, &live_, &traffic_}};
  std::unique_ptr<TelemetryPart> telemetry_;
  std::unique_ptr<AuditPart> audit_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<authz::KeyDesk> desk_;
  std::shared_ptr<gateway::KeyGate> gate_;
  std::unique_ptr<gateway::SignIn> sign_in_;
  std::unique_ptr<authz::TokenMint> mint_;
  Hooks hooks_;  // before the gateway, whose servers are in it
  std::unique_ptr<gateway::Gateway> gateway_;
  std::shared_ptr<gateway::KeptSessions> sessions_;
  std::unique_ptr<gateway::Peers> peers_;
  std::unique_ptr<AdminDesk> admin_;
};

// The HTTP side of a gateway.
// Owns: the server, its routes and endpoints. The Wiring outlives it.
// Threads: as Wiring.
class HttpSide {
 public:
  explicit HttpSide(Wiring& wiring);

  // Errors: those of HttpServer::listen; a port that is taken names the process that has it.
  mcp::Result<> listen(const Address& address);
  mcp::Result<> listen_unix(const std::string& path) { return server_.listen_unix(path); }
  // Serves the numbers alone, where the config says so. Errors: those of HttpServer::listen.
  mcp::Result<> listen_for_metrics();
  // Speaks TLS with who connects from now on, where the config says so.
  void secure();
  // Where it listens, with the real port.
  Address address() const;
  // Makes paths, origins and limits those of the config that now holds.
  void follow();
  // `more` is put behind the metrics of the gateway, in the same format. It must live as long as requests are served.
  void add_metrics(std::function<std::string()> more) { more_metrics_ = std::move(more); }
  // As HttpServer::stop; and then the calls of legacy clients that have lost their connection end too.
  base::Task<void> stop(base::Millis grace);

 private:
  net::HttpHandler add_endpoint(std::string path, sdk::Handler& handler);
  net::HttpHandler endpoint_of(const std::string& path, sdk::Handler& handler);
  edge::Routes::Endpoints server_endpoints();
  edge::Routes::Endpoints profile_endpoints();
  edge::RouteParts route_parts();
  void add_identity(edge::RouteParts& parts);
  void add_sign_ins(edge::RouteParts& parts);
  std::string browser_origin() const;
  void add_console(edge::RouteParts& parts);
  sdk::OriginRules origin_rules() const;
  net::HttpServerOptions options();
  observe::Gauges gauges() const;
  std::string metrics_text() const;

  Wiring& wiring_;
  std::shared_ptr<gateway::ConsoleGate> console_;  // null: nobody signs in
  sdk::OriginRules origins_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  Address address_;
  bool secured_ = false;
  std::function<std::string()> more_metrics_;
  std::vector<std::unique_ptr<sdk::HttpEndpoint>> endpoints_;
  std::map<std::string, net::HttpHandler, std::less<>> here_;  // what serves an MCP path in this process
  gateway::Peers::Find find_here_ = [this](std::string_view path) {
    auto found = here_.find(path);
    return found == here_.end() ? nullptr : &found->second;
  };
  std::map<std::string, net::HttpHandler> handlers_;  // of all servers and profiles that ever were, by path
  edge::Routes routes_;
  net::HttpServer server_;
  std::unique_ptr<net::HttpServer> metrics_server_;
};

}  // namespace app
