// May this caller do this, and may this answer leave.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/record.h"
#include "mcp/task.h"

namespace authz {

using base::Principal;

// The real thing that is to be used: never the caller's alias for it.
struct Subject {
  enum class Verb { see, call, get_prompt, read };
  Verb verb = Verb::call;
  std::string_view server;
  std::string_view name;  // the upstream's own name of the tool or prompt, or the resource's URI
};

// The one place that decides. Today it allows everything to whoever was identified: without rules that is the rule on loopback.
// Threads: any.
class Policy {
 public:
  // Ends the awaiting Task when the answer is no. `arguments` is JSON text or empty.
  // Errors: denied, rate_limited.
  mcp::Result<> decide(const Principal& who, const Subject& subject, std::string_view arguments) const;

  // Looks at an answer before it leaves. `result` is JSON text.
  // Errors: denied, too_large.
  mcp::Result<> review(const Principal& who, const Subject& subject, std::string_view result) const;

  // No result larger than this leaves, in bytes.
  static constexpr std::size_t kLargestResult = 64 * 1024 * 1024;
};

}  // namespace authz
