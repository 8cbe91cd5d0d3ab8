// What the config says of tokens: how many a result, a session and a caller's hour may have.
#pragma once

#include <cstddef>

namespace gateway {

// Counts are tokens of o200k_base; 0 is no limit.
struct BudgetConfig {
  std::size_t call = 0;     // of one result of a tool
  std::size_t session = 0;  // of what the calls of a session took and gave
  std::size_t hour = 0;     // of what the calls of one caller took and gave within an hour
  // Once a session or an hour is used up, calls are refused; else what they give is cut short.
  bool hard = false;
  std::size_t hard_session = 0;  // refused once a session has used so many, whatever the other limits say
  std::size_t window = 200'000;  // of the model, to compare with

  bool limits() const { return call != 0 || session != 0 || hour != 0 || hard_session != 0; }
  bool operator==(const BudgetConfig&) const = default;
};

}  // namespace gateway
