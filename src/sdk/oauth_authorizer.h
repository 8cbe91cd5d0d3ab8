// The Authorizer that obtains OAuth tokens for one server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/loop.h"
#include "base/task_group.h"
#include "mcp/auth.h"
#include "oauth/challenge.h"
#include "oauth/obtainer.h"
#include "sdk/authorizer.h"

namespace sdk {

// Keeps the tokens for `server`, renews them before they end, and signs in when the server refuses: one flow at a time, for which all
// requests wait. What it obtained is in the token store before it is used.
// Owns: the flow under way. Destroy it after close(), or with no request waiting.
// Threads: one loop only.
class OAuthAuthorizer final : public Authorizer {
 public:
  // `now` gives the seconds since the epoch; absent: the system's clock.
  OAuthAuthorizer(Loop& loop, mcp::OAuth options, net::Url server, std::function<std::int64_t()> now = {});
  ~OAuthAuthorizer() override;

  Task<Lines> lines(std::string method, net::Url url, std::stop_token stop) override;
  Task<Verdict> refused(Refusal refusal, std::stop_token stop) override;
  std::string_view identity() const override { return identity_; }
  void heard_nonce(std::string_view nonce) override;
  Task<void> close() override;

 private:
  // Why tokens are wanted.
  struct Why {
    enum class Kind { expires, refused, more_scopes } kind = Kind::refused;
    std::string metadata_url;  // what the challenge named
    oauth::Scopes scopes;      // what it asked for
    bool bearer = false;       // the schemes that it offered
    bool dpop = false;
    bool refresh_failed = false;  // a refreshed token was refused: a person has to come
  };

  static Why why_of(const Refusal& refusal, std::string* error);
  Task<Verdict> after_unauthorized(Why why, const Refusal* refusal, std::stop_token stop);
  Task<void> work(Why why, std::stop_token stop);
  Task<void> run(Why why);
  Task<void> obtain(Why why);
  Task<bool> renew(const Why* why, const oauth::Discovery* at);
  Task<bool> renew_claimed(const Why* why, const oauth::Discovery* at);
  Task<std::optional<oauth::Tokens>> stored(std::string issuer);
  oauth::Scopes scopes_for(const Why& why, const oauth::Discovery& at) const;
  Result<oauth::Wanted::Binding> binding_for(const Why& why, const oauth::Discovery& at) const;
  Task<void> load();
  Task<void> keep(oauth::Tokens tokens);
  void use(oauth::Tokens tokens);
  Task<void> bind(std::string issuer);
  mcp::TokenKey key(std::string issuer) const;

  Loop& loop_;
  net::Url server_;
  std::string resource_;  // the server, as the token store names it
  oauth::Obtainer obtainer_;
  std::optional<oauth::Discovery> at_;
  std::optional<oauth::Tokens> tokens_;
  std::string metadata_url_;  // named by a challenge before
  std::string bound_issuer_;  // the authorization server of last time, also of the last run
  std::uint64_t generation_ = 0;
  std::string identity_;  // a digest of the access token
  enum class Origin { stored, refreshed, signed_in } origin_ = Origin::stored;
  bool loaded_ = false;
  // The flow under way and those who wait for it. They go on from the loop, when the flow's frame is gone: the first thing that one of
  // them does may be to destroy the authorizer.
  struct Flow {
    bool working = false;
    Result<> outcome;
    base::Waiters waiters;
  };
  std::shared_ptr<Flow> flow_ = std::make_shared<Flow>();
  base::TaskGroup tasks_;
};

// The authorizer of a mcp::Client.
std::shared_ptr<Authorizer> oauth_authorizer(Loop& loop, mcp::OAuth options, net::Url server);

}  // namespace sdk
