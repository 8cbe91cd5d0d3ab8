// Obtains tokens for one resource, by whichever grant was configured.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "base/task_group.h"
#include "mcp/auth.h"
#include "oauth/discovery.h"
#include "oauth/dpop_proof.h"
#include "oauth/token_request.h"
#include "oauth/tokens.h"

namespace oauth {

// What a token is wanted for.
struct Wanted {
  Discovery at;
  Scopes scopes;  // all that are to be asked for; empty: the server's own choice
  enum class Binding { none, dpop } binding = Binding::none;
  // The authorization server to which clients without an issuer belong, once there is one; empty before.
  std::string bound_issuer;
};

// The flows of a client. Holds no tokens: who calls keeps them.
// Owns: the Fetcher and the prover's key. Threads: one loop only; one flow at a time.
// Errors of all flows: unauthenticated (no client, no way to sign in, the server said no: says what would help), denied (the user or
// the identity provider said no; an answer from the wrong place), timeout (nobody signed in), cancelled, and those of the Fetcher.
class Obtainer {
 public:
  // `now` gives the seconds since the epoch; absent: the system's clock.
  Obtainer(Loop& loop, mcp::OAuth options, std::function<std::int64_t()> now = {});

  // A new token, by the configured grant.
  Task<Tokens> obtain(Wanted wanted, std::stop_token stop);
  // A new access token for a refresh token. Nothing: the server does not take it any more (or has forgotten the client).
  Task<std::optional<Tokens>> refresh(Tokens tokens, ServerMetadata server, std::stop_token stop);

  // Where the flows of this object look for metadata and tokens.
  Fetcher& fetcher() { return fetcher_; }
  // The key of a token that was kept is used on; a fresh one is made when there is none. Errors: invalid_argument, internal.
  Result<> use_key(const base::Secret<std::string>& pem);
  // Null until a key is in use.
  DpopProver* prover() { return prover_.get(); }
  mcp::TokenStore& store() { return *options_.store; }
  const mcp::OAuth& options() const { return options_; }
  std::int64_t now() const { return now_(); }

  // Waits until a visit of the browser that was given up has ended. Errors: none.
  Task<void> close();

 private:
  Task<Tokens> by_code(Wanted wanted, std::stop_token stop);
  Task<Tokens> by_credentials(Wanted wanted, std::stop_token stop);
  Task<Tokens> by_enterprise(Wanted wanted, std::stop_token stop);
  Task<Tokens> by_workload(Wanted wanted, std::stop_token stop);
  Task<Tokens> by_exchange(Wanted wanted, std::stop_token stop);

  std::optional<Result<ClientIdentity>> configured(const std::string& issuer, const std::string& bound) const;
  Task<ClientIdentity> client_for(const Wanted* wanted, std::string redirect_uri, std::stop_token stop);
  Task<ClientIdentity> registered(const Wanted* wanted, std::string redirect_uri, std::stop_token stop);
  // The server does not know this client any more, which it registered once: it is registered anew the next time.
  Task<void> forget_registration(const ServerMetadata* server, const ClientIdentity* client);
  Task<std::string> visit(std::string url, std::stop_token stop);
  Task<std::string> id_jag(const Wanted* wanted, std::stop_token stop);
  Task<TokenOutcome> ask(const ServerMetadata* server, const ClientIdentity* client, Form form, Wanted::Binding binding,
                         std::stop_token stop);
  Result<Tokens> kept(TokenOutcome outcome, const Wanted& wanted, const ClientIdentity& client) const;

  Loop& loop_;
  mcp::OAuth options_;
  std::function<std::int64_t()> now_;
  Fetcher fetcher_;
  std::unique_ptr<DpopProver> prover_;
  std::set<std::string> deprecated_;  // issuers whose registration was reported
  std::string refused_assertion_;     // the hash of the workload's JWT that was refused last
  base::TaskGroup visits_;
};

}  // namespace oauth
