// Rules tried without a gateway: cases in a file, and one call explained.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/rules.h"
#include "app/finding.h"

namespace app {

// One use of something, and what should come of it.
struct RuleCase {
  gateway::Place place;
  authz::Subject::Verb verb = authz::Subject::Verb::call;
  authz::Pattern what;  // server and name; no globs
  authz::Principal who;
  authz::Hints hints;
  std::string arguments = "{}";  // JSON text
  authz::Disclosure disclosure = authz::Disclosure::all;
  authz::Verdict expect = authz::Verdict::allow;

  authz::Subject subject() const;
};

// Reads cases: a list of maps with `tool`, `prompt` or `resource`, `expect`, and perhaps `who` (a caller's id, or a map of what a sign-in
// says), `arguments`, `annotation`, `disclosure`. What is wrong is a finding.
std::vector<RuleCase> read_rule_cases(std::string_view text, Findings& findings);

// `destructive`, `read-only`, `idempotent` or `open-world` as something that a tool says of itself. False: none of these.
bool add_hint(std::string_view word, authz::Hints& hints);

}  // namespace app
