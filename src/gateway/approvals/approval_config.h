// What the config says of approvals by other people.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/secret.h"

namespace gateway {

// Whom a webhook tells of calls that wait; who reads it there may decide.
struct ApprovalHook {
  std::string name;  // under which a decision is written down
  std::string url;
  base::Secret<std::string> secret;  // signs what is sent
  std::string ca;                    // a PEM file to trust besides the system's; empty: none
  bool operator==(const ApprovalHook&) const = default;
};

struct ApprovalConfig {
  std::chrono::milliseconds ttl{3'600'000};  // how long a call can be approved, and then be made
  std::chrono::milliseconds wait{30'000};    // how long it is held while nobody has decided
  std::vector<ApprovalHook> hooks;
  std::string public_url;  // what links begin with, such as https://mcp.example.com; empty: no links
  bool operator==(const ApprovalConfig&) const = default;
};

}  // namespace gateway
