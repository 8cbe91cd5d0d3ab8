// Who may enter an HTTP endpoint: what it asks of requests before it reads them.
#pragma once

#include <optional>
#include <string_view>

#include "net/http_server.h"
#include "oauth/challenge_write.h"
#include "oauth/principal.h"
#include "oauth/resource_server.h"
#include "protocol/inbound.h"
#include "sdk/handler.h"

namespace sdk {

// Threads: one loop. Lifetime: outlives the exchanges it judges.
class Admission {
 public:
  virtual ~Admission() = default;

  // Who sends this request; a null principal is somebody who need not sign in. `http` must live until the Task has ended.
  virtual Task<oauth::Verdict> admit(const net::HttpRequest* http) = 0;
  // Nothing, when `who` may send this message, or every message of the batch; else the refusal.
  virtual std::optional<oauth::Refusal> allow(const oauth::Principal& who, const protocol::Inbound& message) = 0;

  // Whether metadata that says how to get in stands at this path.
  virtual bool is_metadata(std::string_view path) const {
    (void)path;
    return false;
  }
  // Answers it. Errors: as HttpExchange::respond.
  virtual Task<void> serve_metadata(net::HttpExchange& exchange) const;
};

// Sends it. A page of `origin` (may be empty) may read it. Errors: as HttpExchange::respond.
Task<void> refuse(net::HttpExchange& exchange, oauth::Refusal refusal, std::string_view origin);

}  // namespace sdk
