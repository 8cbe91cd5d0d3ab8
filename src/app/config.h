// gatehouse.yaml as values. What each key means stands in the product's contract; here it is read, checked and composed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/keys/token_mint.h"
#include "app/finding.h"
#include "app/reader.h"
#include "app/telemetry_config.h"
#include "gateway/config.h"
#include "gateway/token_door/sign_in_config.h"
#include "mcp/result.h"
#include "observe/audit/audit_options.h"
#include "protocol/quirks.h"

namespace net {
class ServerTls;
}

namespace app {

// Where to listen.
struct Address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8811;

  // With brackets around an IPv6 address.
  std::string text() const;
  bool operator==(const Address&) const = default;
};

// Reads `HOST:PORT` or `[IPV6]:PORT`; `localhost` becomes 127.0.0.1. Errors: invalid_argument, saying what it should look like.
mcp::Result<Address> parse_address(std::string_view text);
// The same, and refuses what authz::may_listen refuses. Errors: also denied.
mcp::Result<Address> parse_listen(std::string_view text, authz::Door door = authz::Door::local);

struct Limits {
  std::size_t body = 4 * 1024 * 1024;
  std::size_t head = 16 * 1024;
};

// Which MCP registry is asked, and what is asked of what it has.
struct RegistryConfig {
  std::string url = "https://registry.modelcontextprotocol.io";
  int min_mtf = 0;  // the least level of the mpak Trust Framework, 1 to 4; 0: any, and none
};

// Who may look at the gateway itself, decide what waits, and change it. Each may do what those before may.
struct AdminRoles {
  std::vector<authz::Who> viewers, approvers, admins;
  bool operator==(const AdminRoles&) const = default;
};

// Whether calls are recorded, and how.
struct AuditConfig {
  bool on = true;
  observe::AuditOptions options;  // but `beside`
};

// A whole config, every value resolved and checked.
struct AppConfig {
  std::string file;    // as given
  std::string folder;  // absolute; what relative paths are relative to
  Address listen;
  base::Secret<std::string> store;  // "sqlite:" and an absolute path, or a URL of PostgreSQL, which may hold a password
  std::vector<std::string> peers;   // origins of the other instances, such as http://10.0.0.2:8811
  Limits limits;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> allowed_origins;
  // Whether harmless deviations of clients from the specification are refused.
  protocol::Strictness strictness = protocol::Strictness::lenient;
  std::string public_url;                     // how clients reach the gateway, without a path; empty: not said
  bool api_keys = false;                      // whether they let in
  gateway::SignInConfig sign_in;              // no issuers: no tokens let in
  base::Secret<std::string> pepper;           // of API keys; empty: in a file beside the store
  authz::MintOptions tokens;                  // made for internal services; no audiences: none are
  std::shared_ptr<const net::ServerTls> tls;  // null: plain HTTP
  RegistryConfig registry;
  AdminRoles admin;
  TelemetryConfig telemetry;
  std::optional<Address> metrics_listen;  // where /metrics is served alone, without sign-in
  AuditConfig audit;
  gateway::Config gateway;

  // Where this gateway's own files begin: the store's path, or, where the store is no file, the config's folder and the port.
  std::string beside() const;
  std::string socket_path() const { return beside() + ".sock"; }
  std::string lock_path() const { return beside() + ".lock"; }
};

// What became of a config: the values if nothing was wrong, and everything there is to say, in the file's order.
struct ReadConfig {
  std::optional<AppConfig> config;
  std::vector<Finding> findings;
  std::vector<std::string> files;  // what it was read from: the config itself, and files that it names for secrets and certificates
};

// Reads `text` as the config file `file`, which lies in `folder` (absolute). Looks at the file system only to see whether folders,
// certificates, secret files and programs are there; runs nothing.
ReadConfig parse_config(std::string_view text, const std::string& file, const std::string& folder, const Environment& environment);

// The same from the file system. A file that cannot be read is a finding.
ReadConfig read_config(const std::string& file, const Environment& environment);

// The config to use: `given` (from --config), else $GATEHOUSE_CONFIG, ./gatehouse.yaml, $XDG_CONFIG_HOME/gatehouse/gatehouse.yaml
// (or ~/.config/…). Errors: not_found, with where it looked and what to do.
mcp::Result<std::string> find_config(const std::string& given, const Environment& environment);

}  // namespace app
