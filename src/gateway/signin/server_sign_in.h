// The sign-in to one server: for each caller a flow of their own, and the way of a person to the authorization server and back.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/loop.h"
#include "base/secret.h"
#include "base/task_group.h"
#include "gateway/config.h"
#include "gateway/upstream/credentials.h"
#include "mcp/auth.h"
#include "sdk/oauth_authorizer.h"

namespace gateway {

// Owns: the flows. Threads: one loop only. close() before the last owner lets go of it.
class ServerSignIn final : public Credentials, public std::enable_shared_from_this<ServerSignIn> {
 public:
  struct Parts {
    base::Loop& loop;
    std::shared_ptr<mcp::TokenStore> tokens;
    // How browsers reach this gateway, without a path; empty: not at all.
    std::function<std::string()> origin;
    // Where this caller signs in, as a URL; empty where browsers do not reach the gateway.
    std::function<std::string(const std::string& server, const std::string& caller)> link;
    // The access token that this caller came with last, where it is known to be theirs and still good; else empty.
    std::function<base::Secret<std::string>(const std::string& caller)> bearer;
    // Somebody has signed in; the caller is empty where it was for all.
    std::function<void(const std::string& server, const std::string& caller)> signed_in;
  };
  // What is kept of callers at most: those that were not seen for longest are read from the store again.
  static constexpr std::size_t kMostSeats = 2'000;
  // Who is on the way to the authorization server has so long.
  static constexpr base::Millis kVisitTime{600'000};

  ServerSignIn(Parts parts, const ServerConfig& config);
  ~ServerSignIn() override;

  base::Task<void> ready(std::string caller, std::stop_token stop) override;
  std::shared_ptr<sdk::Authorizer> of(const std::string& caller) override;
  const std::string* opener() const override { return opener_ ? &*opener_ : nullptr; }
  bool per_caller() const override { return auth_.per_caller(); }
  std::string lacking() const override;

  // Begins to sign this caller in, or joins what was begun, and gives the address to go to; an empty one where nobody has to go
  // anywhere. `browser` is a secret of the browser, which has to come back with it.
  // Errors: denied (nobody signs in here), unavailable, and those of the flow.
  base::Task<std::string> begin(std::string caller, std::string browser, std::stop_token stop);
  // A browser came back with this `state`, to `url`. Ends when the sign-in has.
  // Errors: not_found (no such visit), denied (another browser's), and those of the flow.
  base::Task<void> returned(std::string state, std::string url, std::string browser, std::stop_token stop);
  bool has_visit(const std::string& state) const { return visits_.contains(state); }
  // Ends when this caller has signed in. Errors: timeout, cancelled.
  base::Task<void> wait(std::string caller, std::stop_token stop, base::Instant deadline);
  // The tokens in the store may be others: they are read again.
  void look();
  base::Task<void> close();

  const std::string& server() const { return server_; }
  bool by_person() const { return auth_.by_person(); }
  std::size_t seats() const { return seats_.size(); }

 private:
  struct Visit;
  struct Seat;
  class CallerLines;

  // Whose tokens a caller uses.
  std::string subject(const std::string& caller) const { return auth_.per_caller() ? caller : std::string(); }
  std::shared_ptr<Seat> seat(const std::string& subject);
  std::shared_ptr<sdk::OAuthAuthorizer> authorizer(const std::weak_ptr<Seat>& seat, const std::string& subject);
  mcp::OAuth options(const std::weak_ptr<Seat>& seat, const std::string& subject);
  void make_room();
  void lacks(Seat& seat, const std::string& why);
  base::Error needed(const std::string& caller) const;
  base::Task<void> sign_in(std::shared_ptr<Seat> seat, std::shared_ptr<Visit> visit);
  base::Task<void> attempt(std::shared_ptr<Seat> seat);

  Parts parts_;
  std::string server_;
  UpstreamAuth auth_;
  net::Url url_;
  std::string ca_;
  std::map<std::string, std::shared_ptr<Seat>, std::less<>> seats_;  // by subject
  std::list<std::string> order_;                                     // the least lately used first
  std::map<std::string, std::weak_ptr<Seat>> visits_;                // by state
  std::optional<std::string> opener_;
  std::string trouble_;  // what went wrong last, where nobody could sign in
  base::TaskGroup work_;
};

}  // namespace gateway
