// May this caller do this, and may this answer leave.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "access/rules.h"
#include "access/subject.h"
#include "base/record.h"
#include "mcp/task.h"

namespace authz {

// The one place that decides, for lists, searches and calls alike. Without rules everybody who was identified may do everything.
// Threads: one loop only.
class Policy {
 public:
  // Null: no rules.
  void use(std::shared_ptr<const RuleSet> rules) { rules_ = std::move(rules); }
  const std::shared_ptr<const RuleSet>& rules() const { return rules_; }

  // `arguments` is JSON text or empty. What is denied has to look as if it were not there; `ask` wants the consent of the caller's own
  // person before every call.
  Decision decide(const Principal& who, const Subject& subject, std::string_view arguments) const;

  // Looks at an answer before it leaves. `result` is JSON text.
  // Errors: denied, too_large.
  mcp::Result<> review(const Principal& who, const Subject& subject, std::string_view result) const;

  // No result larger than this leaves, in bytes.
  static constexpr std::size_t kLargestResult = 64 * 1024 * 1024;

 private:
  std::shared_ptr<const RuleSet> rules_;
};

}  // namespace authz
