// Calls that wait for a person's word, and the words that were given.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace store {

// One request for an approval, or one that holds for more than one call.
struct StoredApproval {
  using Time = std::chrono::system_clock::time_point;
  std::string id;
  std::string caller;  // whose call it is; opaque
  std::string digest;  // of what it is for; opaque
  std::string state;   // opaque
  std::string body;    // JSON that only the gateway reads
  Time created{};
  Time until{};               // from then on it is not looked at any more
  Time changed{};             // when it was inserted or replaced last
  std::int64_t revision = 0;  // counts its changes
};

// Threads: any. Calls may wait for a disk or a network: not for a loop.
class ApprovalStore {
 public:
  using Time = StoredApproval::Time;
  // What is kept at most, of those whose time is not over.
  struct Limits {
    std::size_t of_caller = 100;
    std::size_t of_all = 10'000;
  };
  // Those whose time is over are forgotten after so long.
  static constexpr std::chrono::hours kKept{24 * 7};

  virtual ~ApprovalStore() = default;
  // Keeps a new one, with revision 1. Errors: conflict (the id is taken), rate_limited (over a limit), internal.
  virtual mcp::Result<> insert(const StoredApproval& approval, const Limits& limits) = 0;
  // Errors: internal.
  virtual mcp::Result<std::optional<StoredApproval>> find(std::string_view id) = 0;
  // Those of this caller for this, whose time is not over at `now`, the newest first, at most 100. Errors: internal.
  virtual mcp::Result<std::vector<StoredApproval>> find_for(std::string_view caller, std::string_view digest, Time now) = 0;
  // Those whose time is not over at `now`, the oldest first, at most Limits::of_all. Errors: internal.
  virtual mcp::Result<std::vector<StoredApproval>> list(Time now) = 0;
  // The ids of those that changed at `since` or later, at most 1,000, the newest first. Errors: internal.
  virtual mcp::Result<std::vector<std::string>> changed(Time since) = 0;
  // Replaces state, body, until and changed, if the kept revision is the one given; it becomes one more. False: it is not.
  // Errors: internal.
  virtual mcp::Result<bool> replace(const StoredApproval& approval) = 0;
};

}  // namespace store
