#include "gateway/judging.h"

#include <map>

namespace gateway {

using authz::Subject;

Subject::Kind kind_of(DefinitionKind kind) {
  switch (kind) {
    case DefinitionKind::tool: return Subject::Kind::tool;
    case DefinitionKind::prompt: return Subject::Kind::prompt;
    case DefinitionKind::resource: return Subject::Kind::resource;
    case DefinitionKind::resource_template: break;
  }
  return Subject::Kind::resource_template;
}

authz::Hints hints_of(const Definition& definition) {
  const protocol::ToolHints& hints = definition.hints;
  return {hints.read_only, hints.destructive, hints.idempotent, hints.open_world};
}

Subject sight_of(const Entry& entry) {
  Subject subject{Subject::Verb::see, entry.server->id, entry.real()};
  subject.seen = kind_of(entry.definition->kind);
  subject.hints = hints_of(*entry.definition);
  return subject;
}

std::shared_ptr<const Catalog> SeenCatalogs::of(const std::shared_ptr<const Catalog>& all, const authz::Policy& policy,
                                                const authz::Principal& who) {
  if (!all || policy.shows_everything(who)) return all;
  std::pair<const Catalog*, std::string> key(all.get(), policy.standing(who));
  if (Kept* kept = kept_.find(key)) return kept->seen;
  auto keep = [&](const Entry& entry) { return !policy.decide(who, sight_of(entry), {}).denied(); };
  auto keep_server = [&](std::string_view server) { return policy.sees_any(who, server); };
  auto seen = Catalog::filtered(all, keep, keep_server);
  return kept_.put(std::move(key), {all, std::move(seen)}).seen;
}

}  // namespace gateway
