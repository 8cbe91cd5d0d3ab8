// How often a caller may use what a line of the rules is about.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "access/rules.h"
#include "base/loop.h"
#include "gateway/token_bucket.h"

namespace gateway {

// Each caller has a rate of their own with each line. Who is quiet is forgotten; when too many are not, all further ones share one entry.
// Threads: one loop only.
class RuleLimits {
 public:
  static constexpr std::size_t kMost = 10'000;

  // One use that `rule` lets happen. Error: rate_limited, with retry_after() as its data.
  base::Result<> admit(const authz::Rule& rule, std::string_view caller, base::Instant now);
  // The rules have changed: what was used of them is forgotten.
  void clear() { buckets_.clear(); }
  std::size_t size() const { return buckets_.size(); }

 private:
  std::map<std::pair<std::string, std::string>, TokenBucket> buckets_;  // by the line's place and the caller
  base::Instant swept_{};
};

}  // namespace gateway
