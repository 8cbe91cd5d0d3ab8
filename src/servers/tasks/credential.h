// The credential of the tasks API: a fixed token, a short-lived one from a token endpoint, or one that is minted with a key of our own.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/loop.h"
#include "oauth/jwt_sign.h"
#include "servers/rest/client.h"

namespace servers::tasks {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using rest::Secret;

struct JwtSetup {
  std::string token_url;  // the control plane's token endpoint (client credentials), or empty: minted here
  std::string id;
  Secret secret;
  std::string scope, audience;
  Secret key;  // PEM, for tokens minted here
  std::string issuer, subject;
  std::chrono::milliseconds lifetime{300'000};
};

// Threads: the client's loop only.
class Credential {
 public:
  Credential(Secret token, std::optional<JwtSetup> jwt, std::string remedy);

  // Errors: invalid_argument, what is wrong with what was given.
  Result<> check() const;
  bool is_set() const { return jwt_ || !token_.reveal().empty(); }
  // One that is good for a while yet: renewed when a fifth of its life, or a minute, is left.
  // Errors: unauthenticated (none is set: says where; the endpoint refuses), and those of Client.
  base::Task<Secret> token(rest::Client* client, std::stop_token stop);
  // It was refused: the next one is fresh.
  void forget() { fresh_ = {}; }

 private:
  base::Task<void> fetch(rest::Client* client, std::stop_token stop);
  Result<> mint();
  void keep(std::string token, std::chrono::milliseconds life);

  Secret token_;
  std::optional<JwtSetup> jwt_;
  std::string remedy_;
  std::optional<oauth::SigningKey> key_;
  Secret fresh_;
  base::Instant renew_at_{};
  bool renewing_ = false;
  base::Waiters waiters_;
};

}  // namespace servers::tasks
