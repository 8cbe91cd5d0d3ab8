#include "gateway/rule_limits.h"

#include <iterator>

#include "gateway/limits.h"

namespace gateway {

using base::Code;
using base::Error;

namespace {

// The entry of those who came when the table was full.
constexpr const char* kOthers = "\n";
// A full table is looked through at most so often.
constexpr base::Millis kSweep{1'000};

}  // namespace

base::Result<> RuleLimits::admit(const authz::Rule& rule, std::string_view caller, base::Instant now) {
  if (!rule.limit) return {};
  std::pair<std::string, std::string> key(rule.place, caller);
  auto found = buckets_.find(key);
  if (found == buckets_.end() && buckets_.size() >= kMost && now - swept_ >= kSweep) {
    swept_ = now;
    for (auto at = buckets_.begin(); at != buckets_.end();) at = at->second.full(now) ? buckets_.erase(at) : std::next(at);
  }
  if (found == buckets_.end()) {
    if (buckets_.size() >= kMost) key.second = kOthers;
    found = buckets_.try_emplace(std::move(key), TokenBucket(Rate{rule.limit->per_second, rule.limit->burst})).first;
  }
  if (found->second.take(now)) return {};
  return Error(Code::rate_limited, "the limit of the rule at " + rule.place + " is used up by " + std::string(caller),
               "a rule of the gateway limits how often this may be used; try again later")
      .with_data(retry_after(found->second.wait(now)));
}

}  // namespace gateway
