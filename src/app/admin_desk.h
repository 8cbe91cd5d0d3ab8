// Gatehouse's own verbs at work: what the server `admin` asks for, done on the running gateway.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "access/approvals/approval.h"
#include "access/keys/key_desk.h"
#include "app/config.h"
#include "base/blocking.h"
#include "base/loop.h"
#include "gateway/admin/own_front.h"
#include "gateway/gateway.h"
#include "mcp/server.h"
#include "observe/live_calls.h"
#include "observe/traffic.h"
#include "sdk/server_core.h"
#include "servers/admin/admin.h"
#include "servers/admin/admin_port.h"
#include "store/catalog_store.h"

namespace app {

// The highest role that `who` has. Whoever is on this machine, or has its files in their hands, is an admin; who came through an open
// door is nobody.
std::optional<servers::admin::Role> find_role(const AdminRoles& roles, const base::Principal& who);

// The searching part of an audit trail, where there is one. Both give one JSON object, may block, and run on the pool.
struct AuditReading {
  std::function<mcp::Result<std::string>(const std::string& query, const std::string& cursor, std::size_t limit)> search;
  std::function<mcp::Result<std::string>()> verify;
};

// Owns: the admin servers, one for each role, and what stands in front of them. What commands do with the store is done by the same code.
// Threads: the gateway's loop. Lifetime: the parts outlive it; no call of it may run when it goes.
class AdminDesk final : public servers::admin::AdminPort {
 public:
  struct Parts {
    base::Loop& loop;
    base::BlockingPool& pool;
    gateway::Gateway& gateway;
    store::Store& store;
    observe::LiveCalls& live;
    observe::Traffic& traffic;
    std::function<const AppConfig&()> config;     // what holds now
    std::function<const authz::KeyDesk*()> keys;  // null: callers bring no keys
    AuditReading audit;                           // without functions: there is no trail
    std::string version;
  };
  explicit AdminDesk(Parts parts);
  ~AdminDesk() override;
  AdminDesk(const AdminDesk&) = delete;
  AdminDesk& operator=(const AdminDesk&) = delete;

  // An audit trail is kept from now on, and can be read so.
  void use(AuditReading audit) { parts_.audit = std::move(audit); }
  // What answers at /mcp/s/admin.
  sdk::Handler& handler() { return front_; }

  Answer calls(servers::admin::CallsWanted wanted) override;
  Answer call(std::string id) override;
  Answer upstreams() override;
  Answer restart(servers::admin::Actor actor, std::string server) override;
  Answer budget() override;
  Answer approvals() override;
  Answer decide(servers::admin::Actor actor, servers::admin::DecisionWanted wanted) override;
  Answer grants() override;
  Answer revoke(servers::admin::Actor actor, std::string id) override;
  Answer pins(std::string server) override;
  Answer pin_differences(std::string server) override;
  Answer approve_pins(servers::admin::Actor actor, std::string server, std::vector<std::string> names) override;
  Answer credentials() override;
  Answer audit(std::string query, std::string cursor, std::size_t limit) override;
  Answer verify_audit() override;
  Answer doctor() override;

  // No more often is told of new calls.
  static constexpr base::Millis kTell{100};

 private:
  // One role's view of it.
  struct View {
    mcp::Server server;
    sdk::ServerCore core;
    View(base::Loop& loop, mcp::Server made) : server(std::move(made)), core(loop, server) {}
  };
  void call_ended();
  mcp::Result<authz::Decider> decider(const servers::admin::Actor& actor) const;
  mcp::Result<std::string> name_of(const servers::admin::Actor& actor) const;
  std::size_t definition_tokens(const std::string& server);
  base::Task<std::vector<authz::Approval>> listed();

  Parts parts_;
  std::array<std::unique_ptr<View>, servers::admin::kRoles> views_;
  gateway::OwnFront front_;
  // What the definitions of a server's tools cost, and of which catalog that was counted.
  std::map<std::string, std::pair<std::shared_ptr<const gateway::Catalog>, std::size_t>> costs_;
  base::Instant told_{};
  bool telling_ = false;
  base::Deadline next_;
};

}  // namespace app
