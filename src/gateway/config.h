// What the gateway needs to know of gatehouse.yaml. Values only; reading the file is app/config's work.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "access/identity.h"
#include "access/rules.h"
#include "base/secret.h"
#include "gateway/approvals/approval_config.h"
#include "gateway/box/box_config.h"
#include "gateway/budget/budget_config.h"
#include "gateway/disclosure/code_config.h"
#include "gateway/disclosure/profile.h"
#include "gateway/signin/auth_config.h"
#include "gateway/trust/pin_config.h"
#include "gateway/trust/scan_config.h"
#include "net/proxy.h"

namespace gateway {

// Where in the config something stands, for errors: `gatehouse.yaml:14:7`. Lines and columns count from 1.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  std::string text() const;
  bool operator==(const Place&) const = default;
};

// A folder that a built-in server may use.
struct Root {
  enum class Mode { read, append, write };
  std::string path;  // absolute
  Mode mode = Mode::read;
  bool operator==(const Root&) const = default;
};

// What the config says about one tool of an upstream, by the upstream's own name for it.
struct ToolOverride {
  std::optional<std::string> rename;        // the name callers see, before the server's prefix
  std::optional<std::string> description;   // replaces the upstream's
  bool always = false;                      // listed also where others have to be searched for
  std::map<std::string, bool> annotations;  // in place of what the upstream says: readOnlyHint and others, by their names
  bool operator==(const ToolOverride&) const = default;
};

// So many each second on average, and so many at once after a pause.
struct Rate {
  double per_second = 0;
  double burst = 0;
  bool operator==(const Rate&) const = default;
};

struct ServerConfig {
  enum class Kind { builtin, command, url };
  enum class Start { lazy, eager };
  // Whether a legacy server keeps something from call to call that belongs to a session (a browser, a basket).
  enum class State { none, session };

  std::string id;  // [a-z][a-z0-9-]{0,23}
  Kind kind = Kind::builtin;
  Place place;

  bool enabled = true;
  bool required = false;  // /readyz waits for it
  Start start = Start::lazy;
  State state = State::none;
  std::chrono::milliseconds deadline{60'000};         // of one call
  std::chrono::milliseconds connect_timeout{15'000};  // of a start: process or connection, handshake, first lists
  std::size_t concurrency = 100;                      // requests at once
  std::size_t queue = 100;                            // requests that wait for others to end
  std::optional<Rate> rate;                           // of all callers together
  std::size_t largest_request = 0;                    // bytes of its params; 0: no limit of its own
  std::size_t largest_result = 16 * 1024 * 1024;      // bytes
  std::chrono::milliseconds idle_stop{0};             // kind command: stopped after so long without use; 0: never
  std::map<std::string, ToolOverride> tools;
  std::vector<std::string> include;  // globs over the upstream's tool names; empty: all
  std::vector<std::string> exclude;

  std::string builtin;  // kind builtin
  std::vector<Root> roots;
  bool allow_hard_links = false;
  base::Secret<std::string> own;  // what else the built-in takes, as one JSON object; empty: nothing

  std::vector<std::string> command;          // kind command: program and arguments, no shell
  std::vector<std::string> written_command;  // as the config has it, where a lock runs another file; empty: the same
  std::map<std::string, base::Secret<std::string>> env;
  std::map<std::string, base::Secret<std::string>> env_as_written;  // references to secrets unresolved
  std::string cwd;                                                  // absolute
  std::string folder;                                               // of the config, absolute
  BoxConfig box;

  std::string url;  // kind url
  std::vector<std::pair<std::string, base::Secret<std::string>>> headers;
  std::string ca;                            // a PEM file to trust besides the system's; empty: none
  std::string ca_digest;                     // of its content
  UpstreamAuth auth;                         // how the gateway signs in there
  std::vector<std::string> forward_headers;  // names of clients' headers that go upstream with their requests
  net::ProxyRules proxies;                   // the gateway's own, as it reaches this server

  // Whether what runs for this config serves `other` too: they differ in nothing but what is looked at anew with each call or list.
  bool same_link(const ServerConfig& other) const;
  bool operator==(const ServerConfig&) const = default;

  // Changes whenever something changes that could change what the upstream offers; the stored catalog is kept under it.
  std::string fingerprint() const;
};

struct Limits {
  std::optional<Rate> rate;                            // of one caller's requests
  std::size_t concurrency = 0;                         // of one caller's requests; 0: no limit
  std::size_t calls = 4'000;                           // of all callers' requests
  std::size_t connections = 10'000;                    // to the HTTP server
  std::size_t memory = 256 * 1024 * 1024;              // bytes of requests and answers that the HTTP server holds
  std::size_t result = 16 * 1024 * 1024;               // bytes of one result
  static constexpr std::size_t kMostCallers = 10'000;  // that are remembered
};

struct Config {
  std::vector<ServerConfig> servers;  // in the file's order, disabled ones included
  std::size_t name_limit = 46;        // of a public name, in bytes
  // Seal what clients carry back: the first seals, all open. Empty: a key that ends with the process.
  std::vector<base::Secret<std::string>> state_keys;
  // Seal the tokens for upstreams in the store, in the same way. Empty: keys that end with the process.
  std::vector<base::Secret<std::string>> token_keys;
  Limits limits;
  std::shared_ptr<const authz::RuleSet> rules;  // null: none
  Disclosure disclosure = Disclosure::all;      // of the aggregate, and of profiles that say nothing else
  Profiles profiles;
  CodeConfig code;
  BudgetConfig budget;
  ApprovalConfig approvals;
  authz::Door door = authz::Door::local;
  PinConfig pins;
  ScanConfig scan;
  base::Millis patience{8'000};  // how long a list waits for servers that were never asked before: many clients ask once
  // Calls have spans, and this share of the traces that begin here is sampled, 0 to 1. Nothing: trace context only passes.
  std::optional<double> trace_share;
};

// What another config changed, by the ids of servers.
struct ConfigChange {
  std::vector<std::string> added, removed;
  std::vector<std::string> restarted;  // another link is needed: the next call makes it
  std::vector<std::string> adjusted;   // the rest of what is new
  bool rules = false;                  // other rules
  bool names = false;                  // public names are cut in another place
};

}  // namespace gateway
