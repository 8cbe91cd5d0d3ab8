// Who calls GitHub: a token, or a GitHub App whose installation tokens are minted and renewed.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/loop.h"
#include "oauth/jwt_sign.h"
#include "servers/rest/client.h"

namespace servers::github {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using rest::Secret;
using WallTime = std::chrono::system_clock::time_point;

struct AppKey {
  std::string id;            // the App's id or client id
  std::string installation;  // of the App, a number
  Secret key;                // PEM
};

// `2026-01-31T12:00:00Z`, `2026-01-31 12:00:00 UTC` or `2026-01-31 12:00:00 +0200` as a time; nothing when it is none of these.
std::optional<WallTime> find_time(std::string_view text);

// The claims and signature that make an App known, good for nine minutes. Errors: invalid_argument, internal.
Result<Secret> app_jwt(const oauth::SigningKey& key, const std::string& app_id, WallTime now);

// Threads: the client's loop only.
class Auth {
 public:
  // `remedy` says where the token is set.
  Auth(Secret token, std::optional<AppKey> app, std::string remedy);

  // Errors of what was given; looked at before anything is asked. invalid_argument.
  Result<> check() const;
  // A credential that is good now. Errors: unauthenticated (there is none: says where it is set; GitHub refuses the App), and those of
  // Client.
  base::Task<Secret> token(rest::Client* client, std::stop_token stop);
  // The token was refused: the next one is minted anew.
  void forget() { minted_ = {}; }
  bool is_app() const { return app_.has_value(); }
  // When a minted token ends.
  std::optional<WallTime> ends() const { return ends_; }

 private:
  base::Task<void> mint(rest::Client* client, std::stop_token stop);

  Secret token_;
  std::optional<AppKey> app_;
  std::string remedy_;
  std::optional<oauth::SigningKey> key_;
  Secret minted_;
  std::optional<WallTime> ends_;
  bool minting_ = false;
  base::Waiters waiters_;
};

}  // namespace servers::github
