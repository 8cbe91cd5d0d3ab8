// What a server wants to see of who calls it, where it has its own sign-in.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/loop.h"
#include "sdk/authorizer.h"

namespace gateway {

// The credentials for one server, each caller's own.
// Threads: one loop only. Outlives the links that use it.
class Credentials {
 public:
  virtual ~Credentials() = default;

  // Ends when requests of this caller may be sent. Errors: denied (they have to sign in first; the message says how), unavailable,
  // cancelled.
  virtual base::Task<void> ready(std::string caller, std::stop_token stop) = 0;
  // What puts this caller's credentials on requests, and nobody else's. Never null.
  virtual std::shared_ptr<sdk::Authorizer> of(const std::string& caller) = 0;
  // In whose name a link is opened that belongs to nobody: who was ready last. Null: nobody was.
  virtual const std::string* opener() const = 0;
  // Callers share neither sessions nor lists of this server.
  virtual bool per_caller() const = 0;
  // How to sign in, where nothing can be had of the server before somebody has; empty: it can.
  virtual std::string lacking() const = 0;
};

}  // namespace gateway
