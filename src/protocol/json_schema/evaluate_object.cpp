// Members of objects, and what several schemas say about one value.
#include <algorithm>

#include "base/json.h"
#include "protocol/json_schema/evaluate.h"

namespace protocol::schema {

using boost::json::value;

namespace {

std::string_view view(boost::json::string_view s) { return {s.data(), s.size()}; }

std::string short_name(std::string_view name) { return base::quoted(name.substr(0, 100)) + (name.size() > 100 ? "…" : ""); }

std::size_t depth_of_path(const Path& path) {
  std::size_t depth = 0;
  for (const Path* at = &path; at->parent; at = at->parent) ++depth;
  return depth;
}

// How deep a problem lies: the deeper, the more of the schema fitted before.
std::size_t depth_of(const Report& report) {
  std::size_t deepest = 0;
  for (const auto& problem : report.problems())
    deepest = std::max(deepest, static_cast<std::size_t>(std::count(problem.pointer.begin(), problem.pointer.end(), '/')));
  return deepest;
}

}  // namespace

bool Evaluation::object(const ObjectRules& rules, const boost::json::object& object, const At& at) {
  bool good = true;
  auto breach = [&](std::string_view keyword, std::string message) {
    good = false;
    if (at.report) (void)wrong(at, keyword, std::move(message));
  };
  if (rules.min_members && object.size() < *rules.min_members)
    breach("minProperties", "must have at least " + std::to_string(*rules.min_members) + " members");
  if (rules.max_members && object.size() > *rules.max_members)
    breach("maxProperties", "must have at most " + std::to_string(*rules.max_members) + " members");
  if (!good && !at.report) return false;

  std::size_t required = 0, index = 0;
  bool each = !rules.known.empty() || !rules.patterns.empty() || rules.additional != kNoNode || rules.names != kNoNode;
  if (each) {
    if (!spend(object.size() / 8)) return false;
    for (const auto& one : object) {
      if (!member(rules, one, index++, at, required)) {
        good = false;
        if (!go_on(at)) return false;
      }
    }
  }
  if (at.seen && rules.additional != kNoNode) at.seen->add_all();
  if (required < rules.required && !missing(rules, object, at)) good = false;
  for (const auto& [trigger, names] : rules.dependent_required) {
    if (!object.contains(trigger)) continue;
    if (!spend(names.size())) return false;
    for (const auto& name : names) {
      if (object.contains(name)) continue;
      breach("dependentRequired", "needs the member " + short_name(name) + ", because it has " + short_name(trigger));
      if (!go_on(at)) return false;
    }
  }
  return good;
}

bool Evaluation::member(const ObjectRules& rules, const boost::json::key_value_pair& member, std::size_t index, const At& at,
                        std::size_t& required) {
  std::string_view name = view(member.key());
  Path path{&at.path, name, 0, false};
  bool good = true, matched = false;
  if (const KnownMember* known = rules.find(name)) {
    if (known->required) ++required;
    if (known->node != kNoNode) {
      matched = true;
      good = check(known->node, member.value(), path, at.scope, nullptr, at.report);
    }
  }
  for (const auto& [pattern, node] : rules.patterns) {
    if (!good && !go_on(at)) return false;
    if (!spend(pattern.steps(name.size()))) return false;
    if (!pattern.matches(name)) continue;
    matched = true;
    good = check(node, member.value(), path, at.scope, nullptr, at.report) && good;
  }
  if (!matched && rules.additional != kNoNode) {
    if (program_.nodes[rules.additional].never) {
      good = false;
      if (at.report) at.report->add(path, "additionalProperties", "is not known");
    } else {
      good = check(rules.additional, member.value(), path, at.scope, nullptr, at.report) && good;
    }
    matched = true;
  }
  if (matched && at.seen) at.seen->add(index);
  if (rules.names != kNoNode && (good || go_on(at))) {
    value text(member.key());
    Report inner(1);
    if (!check(rules.names, text, path, at.scope, nullptr, at.report ? &inner : nullptr)) {
      good = false;
      if (at.report)
        at.report->add(path, "propertyNames",
                       "has a name that " + (inner.problems().empty() ? std::string("is not allowed") : inner.problems().front().message));
    }
  }
  return good;
}

bool Evaluation::missing(const ObjectRules& rules, const boost::json::object& object, const At& at) {
  if (!at.report) return false;
  for (const auto& known : rules.known) {
    if (!known.required || object.contains(known.name)) continue;
    (void)wrong(at, "required", "needs the member " + short_name(known.name));
    if (at.report->full()) break;
  }
  return false;
}

bool Evaluation::unevaluated_members(const ObjectRules& rules, const boost::json::object& object, const At& at) {
  if (rules.unevaluated == kNoNode || at.seen->all()) return true;
  bool good = true;
  std::size_t index = 0;
  for (const auto& one : object) {
    if (at.seen->has(index++)) continue;
    Path path{&at.path, view(one.key()), 0, false};
    if (program_.nodes[rules.unevaluated].never) {
      good = false;
      if (at.report) at.report->add(path, "unevaluatedProperties", "is not known: no part of the schema allows it");
    } else if (!check(rules.unevaluated, one.value(), path, at.scope, nullptr, at.report)) {
      good = false;
    }
    if (!good && !go_on(at)) return false;
  }
  at.seen->add_all();
  return good && spend(object.size() / 16);
}

// A schema about the same value that may fail without harm: what it saw counts only when it does not.
bool Evaluation::branch(NodeId node, const At& at, Report* report) {
  if (!at.seen) return check(node, at.value, at.path, at.scope, nullptr, report);
  Seen seen(at.seen->size());
  if (!spend(seen.size() / 256) || !check(node, at.value, at.path, at.scope, &seen, report)) return false;
  at.seen->add(seen);
  return true;
}

bool Evaluation::logic(const Logic& logic, const At& at) {
  bool good = true;
  auto more = [&](bool result) {
    good = good && result;
    return (good || go_on(at)) && !gave_up();
  };
  if (logic.reference != kNoNode && !more(reference(logic, at))) return false;
  for (NodeId node : logic.all)
    if (!more(check(node, at.value, at.path, at.scope, at.seen, at.report))) return false;
  if (!logic.any.empty() && !more(any(logic.any, at))) return false;
  if (!logic.one.empty() && !more(one(logic.one, at))) return false;
  if (logic.negated != kNoNode) {
    bool matches = check(logic.negated, at.value, at.path, at.scope, nullptr, nullptr);
    if (matches && at.report) (void)wrong(at, "not", "must not be what the schema excludes");
    if (!more(!matches)) return false;
  }
  if (logic.condition != kNoNode && (logic.consequence != kNoNode || logic.alternative != kNoNode || at.seen)) {
    NodeId next = branch(logic.condition, at, nullptr) ? logic.consequence : logic.alternative;
    if (gave_up()) return false;
    if (next != kNoNode && !more(check(next, at.value, at.path, at.scope, at.seen, at.report))) return false;
  }
  if (!logic.dependent.empty())
    if (const auto* object = at.value.if_object(); object && !more(dependent(logic, *object, at))) return false;
  return good;
}

bool Evaluation::reference(const Logic& logic, const At& at) {
  NodeId target = logic.reference;
  if (logic.dynamic) {
    // The outermost resource that has the anchor decides (Core, section 8.2.3.2).
    std::size_t steps = 0;
    for (const Scope* scope = at.scope; scope; scope = scope->parent) {
      ++steps;
      for (const auto& [name, node] : program_.dynamic_anchors[scope->resource]) {
        ++steps;
        if (name == logic.dynamic_anchor) target = node;
      }
    }
    if (!spend(steps)) return false;
  }
  return check(target, at.value, at.path, at.scope, at.seen, at.report);
}

bool Evaluation::any(const std::vector<NodeId>& branches, const At& at) {
  bool good = false;
  Report best(0);
  std::size_t depth = 0;
  for (NodeId node : branches) {
    Report inner(3);
    if (branch(node, at, at.report ? &inner : nullptr)) {
      good = true;
      if (!at.seen) return true;  // else each branch tells what it has seen
    } else if (at.report && (best.problems().empty() || depth_of(inner) > depth)) {
      depth = depth_of(inner);
      best = std::move(inner);
    }
    if (gave_up()) return false;
  }
  if (good) return true;
  if (!at.report) return false;
  // The branch that went deepest is the one that was meant.
  if (branches.size() == 1 || depth > depth_of_path(at.path))
    at.report->add_all(std::move(best));
  else
    (void)wrong(at, "anyOf",
                "must match one of " + std::to_string(branches.size()) +
                    " alternatives; the first says: " + (best.problems().empty() ? std::string("no") : best.problems().front().message));
  return false;
}

bool Evaluation::one(const std::vector<NodeId>& branches, const At& at) {
  std::size_t matches = 0;
  Report best(0);
  std::size_t depth = 0;
  std::size_t first = 0, second = 0, index = 0;
  for (NodeId node : branches) {
    Report inner(3);
    if (branch(node, at, at.report ? &inner : nullptr)) {
      (matches == 0 ? first : second) = index;
      if (++matches > 1) break;
    } else if (at.report && (best.problems().empty() || depth_of(inner) > depth)) {
      depth = depth_of(inner);
      best = std::move(inner);
    }
    ++index;
    if (gave_up()) return false;
  }
  if (matches == 1) return true;
  if (!at.report) return false;
  if (matches > 1)
    return wrong(at, "oneOf",
                 "must match exactly one of " + std::to_string(branches.size()) + " alternatives, and matches numbers " +
                     std::to_string(first + 1) + " and " + std::to_string(second + 1));
  if (branches.size() == 1 || depth > depth_of_path(at.path))
    at.report->add_all(std::move(best));
  else
    (void)wrong(at, "oneOf",
                "must match one of " + std::to_string(branches.size()) +
                    " alternatives; the first says: " + (best.problems().empty() ? std::string("no") : best.problems().front().message));
  return false;
}

bool Evaluation::dependent(const Logic& logic, const boost::json::object& object, const At& at) {
  bool good = true;
  for (const auto& [trigger, node] : logic.dependent) {
    if (!object.contains(trigger)) continue;
    if (!check(node, at.value, at.path, at.scope, at.seen, at.report)) {
      good = false;
      if (!go_on(at)) return false;
    }
  }
  return good;
}

}  // namespace protocol::schema
