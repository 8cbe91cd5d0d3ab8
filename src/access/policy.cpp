#include "access/policy.h"

#include <string>

namespace authz {

using mcp::Code;
using mcp::Error;
using mcp::Result;

Result<> Policy::decide(const Principal&, const Subject&, std::string_view) const { return {}; }

Result<> Policy::review(const Principal&, const Subject& subject, std::string_view result) const {
  if (result.size() <= kLargestResult) return {};
  return Error(Code::too_large, std::string(subject.server) + ": the result of " + std::string(subject.name) + " has " +
                                    std::to_string(result.size()) + " bytes, over the limit of " + std::to_string(kLargestResult));
}

}  // namespace authz
