// Webhooks, signed as Standard Webhooks 1.0 has it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/task_group.h"
#include "gateway/approvals/approval_config.h"

namespace gateway {

// `v1,` and the base64 of HMAC-SHA-256 over id, time (seconds) and body, with dots between. A secret that begins with `whsec_` is base64 of
// the key; any other is the key.
std::string hook_signature(const base::Secret<std::string>& secret, std::string_view id, std::int64_t time, std::string_view body);

// Sends behind, each at most kTries times, until the other side answers 2xx; then it is given up, and logged.
// Owns: what is being sent, at most kMost; one more is dropped, and logged.
// Threads: one loop. stop() before destroying it, unless its loop has stopped.
class HookSender {
 public:
  static constexpr std::size_t kMost = 1'000;
  static constexpr int kTries = 3;

  explicit HookSender(base::Loop& loop) : loop_(loop) {}

  // `id` is the message's own, the same for each try. `body` is JSON.
  void send(ApprovalHook hook, std::string id, std::string body);
  base::Task<void> stop();

 private:
  base::Task<void> deliver(ApprovalHook hook, std::string id, std::string body);

  base::Loop& loop_;
  base::TaskGroup work_;
};

}  // namespace gateway
