#include "access/policy.h"

#include <algorithm>
#include <string>

namespace authz {

using mcp::Code;
using mcp::Error;
using mcp::Result;

void Policy::use(std::shared_ptr<const RuleSet> rules, std::shared_ptr<const Confinement> confinement) {
  rules_ = std::move(rules);
  confinement_ = confinement ? std::move(confinement) : std::make_shared<const Confinement>(std::vector<Part>());
}

Sight Policy::sight(const Principal& who, std::string_view server, Subject::Kind kind) const {
  const Sight inside = confinement_->sight(who, server, kind);
  return rules_ ? std::min(inside, rules_->sight(who, server, kind)) : inside;
}

bool Policy::sees_any(const Principal& who, std::string_view server) const {
  using Kind = Subject::Kind;
  return sight(who, server, Kind::tool) != Sight::nothing || sight(who, server, Kind::prompt) != Sight::nothing ||
         sight(who, server, Kind::resource) != Sight::nothing;
}

std::string Policy::standing(const Principal& who) const {
  return (rules_ ? rules_->standing(who) : std::string()) + confinement_->standing(who);
}

bool Policy::shows_everything(const Principal& who) const {
  return (!rules_ || rules_->shows_everything()) && !confinement_->confined(who);
}

// A key may be confined whatever the config says.
bool Policy::by_caller() const { return (rules_ && rules_->by_caller()) || confinement_->by_caller() || keyed_ == Keyed::yes; }

Decision Policy::decide(const Principal& who, const Subject& subject, std::string_view arguments) const {
  if (confinement_->outside(who, subject)) return {Verdict::deny, nullptr, "it is outside of the profiles that this caller is confined to"};
  return rules_ ? rules_->decide(who, subject, arguments) : Decision{Verdict::allow, nullptr, "there are no rules"};
}

Result<> Policy::review(const Principal&, const Subject& subject, std::string_view result) const {
  if (result.size() <= kLargestResult) return {};
  return Error(Code::too_large, std::string(subject.server) + ": the result of " + std::string(subject.name) + " has " +
                                    std::to_string(result.size()) + " bytes, over the limit of " + std::to_string(kLargestResult));
}

}  // namespace authz
