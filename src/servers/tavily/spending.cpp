#include "servers/tavily/spending.h"

#include <fmt/format.h>

namespace servers::tavily {

void Spending::turn_day(WallTime now) {
  const std::int64_t day = std::chrono::duration_cast<std::chrono::hours>(now.time_since_epoch()).count() / 24;
  if (day == day_) return;
  day_ = day;
  today_ = 0;
}

mcp::Result<> Spending::reserve(std::int64_t estimate, WallTime now) {
  turn_day(now);
  if (of_one_call_ > 0 && estimate > of_one_call_)
    return mcp::Error(mcp::Code::rate_limited,
                      fmt::format("this call may cost up to {} credits, and one call may cost {}; ask for fewer pages or a basic depth",
                                  estimate, of_one_call_));
  if (of_one_day_ > 0 && today_ + reserved_ + estimate > of_one_day_)
    return mcp::Error(mcp::Code::rate_limited,
                      fmt::format("this call may cost up to {} credits, and {} of today's {} are used; try tomorrow, or raise credits.day",
                                  estimate, today_ + reserved_, of_one_day_));
  reserved_ += estimate;
  return {};
}

void Spending::settle(std::int64_t estimate, std::int64_t real, WallTime now) {
  turn_day(now);
  reserved_ -= estimate;
  used_ += real;
  today_ += real;
}

}  // namespace servers::tavily
