// The door of a gateway whose callers bring API keys.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "access/keys/key_desk.h"
#include "sdk/admission.h"

namespace gateway {

// Lets in: who brings a key that is good; who comes by the socket beside the store, which only its owner can reach; and commands of this
// machine that can read the pepper. These two are the caller `local`, for whom the principal is null.
// Threads: one loop. Lifetime: outlived by the desk.
class KeyGate final : public sdk::Admission {
 public:
  KeyGate(authz::KeyDesk& desk, base::Secret<std::string> pepper) : desk_(desk), pepper_(std::move(pepper)) {}

  base::Task<oauth::Verdict> admit(const net::HttpRequest* http) override;
  std::optional<oauth::Refusal> allow(const oauth::Principal&, const protocol::Inbound&) override { return std::nullopt; }

  // The same at once.
  oauth::Verdict judge(const net::HttpRequest& http);

 private:
  oauth::Refusal refuse(int status, std::string_view error, std::string why, std::string_view peer);

  authz::KeyDesk& desk_;
  base::Secret<std::string> pepper_;
  base::Instant second_{};  // for the log's limit
  int lines_ = 0, dropped_ = 0;
};

// The text behind `Bearer ` in the one Authorization header. Nothing: there is none, or not exactly one.
std::optional<std::string_view> find_bearer(const net::HttpRequest& http);

}  // namespace gateway
