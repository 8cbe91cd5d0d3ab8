// What the calls of an API cost, and how much they may.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "mcp/result.h"

namespace servers::tavily {

// Counts credits: what was used since the start, and what today (UTC). A call is asked for beforehand with its estimate, and settled with
// what it really cost. Threads: one at a time.
class Spending {
 public:
  using WallTime = std::chrono::system_clock::time_point;

  // The most that one call and one day may cost; 0: any.
  Spending(std::int64_t of_one_call, std::int64_t of_one_day) : of_one_call_(of_one_call), of_one_day_(of_one_day) {}

  // Sets `estimate` aside. Errors: rate_limited, which says the limit and what would help.
  mcp::Result<> reserve(std::int64_t estimate, WallTime now);
  // Ends a call that was reserved with `estimate` and cost `real`.
  void settle(std::int64_t estimate, std::int64_t real, WallTime now);

  std::int64_t used() const { return used_; }
  std::int64_t today() const { return today_; }

 private:
  void turn_day(WallTime now);

  std::int64_t of_one_call_, of_one_day_;
  std::int64_t used_ = 0, today_ = 0, reserved_ = 0;
  std::int64_t day_ = 0;
};

}  // namespace servers::tavily
