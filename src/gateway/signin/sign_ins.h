// The sign-ins to all servers that want one: links that lead people there, and what comes back.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/blocking.h"
#include "base/loop.h"
#include "base/task_group.h"
#include "gateway/carried.h"
#include "gateway/recent.h"
#include "gateway/signin/server_sign_in.h"
#include "gateway/signin/token_vault.h"
#include "sdk/handler.h"

namespace gateway {

// Owns: the sign-ins, and the keys of the vault. Threads: one loop only. stop() before destroying it.
class SignIns {
 public:
  struct Parts {
    base::Loop& loop;
    base::BlockingPool& pool;
    store::SignInStore* store;  // null: tokens end with the process
    const Carrier& carrier;
    std::function<void(const std::string& server, const std::string& caller)> signed_in;
  };
  // Who is let in for somebody at a server.
  struct Ticket {
    std::string server;
    std::string caller;
  };
  static constexpr std::chrono::minutes kLinkLife{15};
  static constexpr std::size_t kMostBearers = 10'000;

  SignIns(Parts parts, std::span<const base::Secret<std::string>> keys);

  // From now on this is the sign-in to the server. Null where it wants none.
  std::shared_ptr<ServerSignIn> open(const ServerConfig& config);
  // Null where the server wants none.
  std::shared_ptr<ServerSignIn> find(std::string_view server) const;
  // The sign-in ends; calls that use it go on.
  void retire(std::string_view server);
  bool any() const { return !servers_.empty(); }

  // How browsers reach this gateway.
  void be_at(std::function<std::string()> origin) { origin_ = std::move(origin); }
  std::string origin() const { return origin_ ? origin_() : std::string(); }
  // A request came whose caller was verified: its token may be exchanged for another one, where the config says so.
  void met(const sdk::Inbound& in, const std::string& caller);

  // Where this caller signs in: a link that is good for kLinkLife. Empty where browsers do not reach the gateway.
  std::string link(const std::string& server, const std::string& caller) const;
  // Errors: denied (no such link, or an old one).
  base::Result<Ticket> read_link(std::string_view server, std::string_view sealed) const;
  // Takes a browser back that was sent to `origin()` + `target`, and says to which server it was signed in.
  // Errors: as ServerSignIn::returned.
  base::Task<std::string> returned(std::string target, std::string browser, std::stop_token stop);
  // The Client ID Metadata Document, as JSON; empty where the gateway is not reached by https.
  std::string client_document() const;

  // The store was changed by somebody else.
  void look();
  base::Task<void> stop();

 private:
  struct Bearer {
    base::Secret<std::string> token;
    std::chrono::system_clock::time_point expires;
  };
  base::Secret<std::string> bearer(const std::string& caller);

  Parts parts_;
  std::unique_ptr<TokenVault> vault_;
  std::function<std::string()> origin_;
  std::map<std::string, std::shared_ptr<ServerSignIn>, std::less<>> servers_;
  bool exchanges_ = false;
  Recent<std::string, Bearer> bearers_{kMostBearers};
  base::TaskGroup work_;
};

}  // namespace gateway
