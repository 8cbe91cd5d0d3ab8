#include "access/policy.h"

#include <string>

namespace authz {

using mcp::Code;
using mcp::Error;
using mcp::Result;

Decision Policy::decide(const Principal& who, const Subject& subject, std::string_view arguments) const {
  return rules_ ? rules_->decide(who, subject, arguments) : Decision{Verdict::allow, nullptr, "there are no rules"};
}

Result<> Policy::review(const Principal&, const Subject& subject, std::string_view result) const {
  if (result.size() <= kLargestResult) return {};
  return Error(Code::too_large, std::string(subject.server) + ": the result of " + std::string(subject.name) + " has " +
                                    std::to_string(result.size()) + " bytes, over the limit of " + std::to_string(kLargestResult));
}

}  // namespace authz
