// Sign-in with tokens of the issuers that a company has: who may enter the gateway, and what tells others how to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "gateway/key_gate.h"
#include "gateway/token_door/sign_in_config.h"
#include "oauth/key_fetcher.h"
#include "oauth/resource_server.h"
#include "sdk/admission.h"

namespace gateway {

// The gateway as OAuth resource server, for all of its MCP paths; each of them is a resource of its own.
// Owns: the issuers' keys, what is remembered of tokens and proofs, and the clients that fetch.
// Threads: one loop. Lifetime: outlives the doors it gave.
class SignIn {
 public:
  struct Parts {
    base::Loop& loop;
    base::Secret<std::string> pepper;  // by which commands of this machine are known
    std::shared_ptr<KeyGate> keys;     // null: API keys are not taken
  };
  SignIn(Parts parts, SignInConfig config);
  ~SignIn();

  // The door of the MCP path `path`.
  std::shared_ptr<sdk::Admission> door(std::string path);

  // Who sends this request to the resource at `path`; a null principal is who owns the gateway's files. A refusal has been logged and told,
  // at most ten a second. `http` must live until the Task has ended.
  base::Task<oauth::Verdict> admit(const net::HttpRequest* http, std::string path);
  // Nothing, when `who` may send this message, or every message of the batch, to `path`; else the refusal that names all scopes it needs.
  std::optional<oauth::Refusal> allow(const oauth::Principal& who, std::string_view path, const protocol::Inbound& message);

  // The scope that `who` lacks for this tool of `server`, by its real name; empty: none. A call reaches its tool in other ways than by the
  // name that allow() sees: by an alias, and from within code.
  std::string lacking(const oauth::Principal& who, std::string_view server, std::string_view tool) const;

  // The metadata (RFC 9728) that stand at this path: the well-known path, alone or with an MCP path behind it. Nothing: none do.
  std::optional<std::string> metadata_at(std::string_view path) const;

  // Where clients get tokens: the issuers, or what stands for them.
  void lead_to(std::vector<std::string> servers) { servers_ = std::move(servers); }
  // Counters of verified tokens, refusals and fetches, as Prometheus text.
  std::string metrics() const;
  const SignInConfig& config() const { return config_; }

 private:
  class PathDoor;

  void tell(const oauth::Refusal& refusal, std::string_view peer);
  const SignInIssuer* issuer(std::string_view name) const;
  std::vector<std::string> needed(std::string_view issuer, std::string_view path, const protocol::Message& message) const;
  oauth::ResourceServerOptions options();

  Parts parts_;
  SignInConfig config_;
  std::vector<std::string> servers_;
  std::unique_ptr<oauth::Introspector> introspector_;
  oauth::KeyFetcher fetcher_;
  oauth::KeyRing keys_;
  oauth::ResourceServer server_;
  base::Instant second_{};  // for the log's limit
  int lines_ = 0, dropped_ = 0;
};

// Who brings a token with these claims, for rules and records. `token` is the digest of its text.
std::shared_ptr<const base::Principal> caller_of(const oauth::IssuerRules& rules, const oauth::Claims& claims, std::string_view payload,
                                                 const oauth::Sha256& token);

}  // namespace gateway
