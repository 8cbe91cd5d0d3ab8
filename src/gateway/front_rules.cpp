// The part of Front that asks the rules: what a caller sees, and what is as if it were not there.
#include "gateway/front.h"

namespace gateway {

using authz::Decision;
using authz::Sight;
using authz::Subject;
using base::Error;
using base::Result;

std::shared_ptr<const Catalog> Front::seen(const Viewer& viewer, const base::Principal& who) {
  return gateway_.seen_.of(catalog(viewer), gateway_.policy_, who);
}

bool Front::may_hide(const base::Principal& who, std::string_view server, Subject::Kind kind) const {
  return gateway_.policy_.sight(who, server, kind) != Sight::all;
}

bool Front::may_hide(const base::Principal& who, std::string_view server) const {
  using Kind = Subject::Kind;
  return may_hide(who, server, Kind::tool) || may_hide(who, server, Kind::prompt) || may_hide(who, server, Kind::resource);
}

bool Front::sees_nothing(const base::Principal& who, std::string_view server, DefinitionKind kind) const {
  return gateway_.policy_.sight(who, server, kind_of(kind)) == Sight::nothing;
}

void Front::narrow(protocol::CacheHints& hints) const {
  if (gateway_.policy_.by_caller()) hints.scope = protocol::CacheScope::priv;
}

Result<> Front::within_scopes(OpenCall* call, const sdk::Inbound& in, const Subject& subject) const {
  if (!gateway_.lacking_scope_ || !in.caller) return {};
  const std::string scope = gateway_.lacking_scope_(*in.caller, subject.server, subject.name);
  if (scope.empty()) return {};
  call->denied = "the caller's token lacks the scope " + scope;
  return base::Error(base::Code::denied, "this tool needs the scope " + scope + "; sign in again with it");
}

Result<Decision> Front::decide(OpenCall& call, const Target& target, DefinitionKind kind, std::string_view asked,
                               std::string_view arguments) const {
  Decision decision = gateway_.policy_.decide(*call.record.caller, target.subject, arguments);
  call.record.decision = authz::verdict_name(decision.verdict);
  if (decision.rule) call.record.rule = decision.rule->place;
  // What is in no list cannot be told from what rules hide, so that nobody can find out which of both it is.
  const bool unknown_here = target.unlisted && may_hide(*call.record.caller, target.subject.server, target.subject.kind());
  if (!decision.denied() && !unknown_here) return decision;
  call.record.decision = authz::verdict_name(authz::Verdict::deny);
  call.denied = decision.denied() ? decision.text() : "it is in no list, and rules hide some of what this server has";
  return unknown(kind, asked);
}

// A task keeps only the name of its tool.
bool Front::may_follow(const base::Principal& who, std::string_view server, std::string_view tool) {
  Subject subject{Subject::Verb::see, server, tool};
  if (gateway_.policy_.shows_everything(who)) return true;
  if (auto all = gateway_.source_.any(server))
    for (const Entry& entry : all->entries(DefinitionKind::tool))
      if (entry.real() == tool) subject.hints = hints_of(*entry.definition);
  return !gateway_.policy_.decide(who, subject, {}).denied();
}

}  // namespace gateway
