#include "app/advice/use_advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/bars.h"
#include "base/json.h"

namespace app {
namespace {

const AdviceRule& rule_of(std::span<const AdviceRule> rules, std::string_view id) {
  return *std::ranges::find_if(rules, [id](const AdviceRule& rule) { return rule.id == id; });
}

std::size_t percent(std::uint64_t part, std::uint64_t whole) { return whole == 0 ? 0 : static_cast<std::size_t>(part * 100 / whole); }

// `get_issue`, `list-files`, `deleteUser`.
bool is_crud(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kVerbs{"get", "list",   "create", "update", "delete", "read",
                                                           "add", "remove", "set",    "put",    "patch",  "fetch"};
  return std::ranges::any_of(kVerbs, [name](std::string_view verb) {
    if (!name.starts_with(verb) || name.size() == verb.size()) return false;
    const char next = name[verb.size()];
    return next == '_' || next == '-' || (next >= 'A' && next <= 'Z');
  });
}

std::string include_line(const UseOf& use) {
  std::string names;
  for (const UsedTool& tool : use.tools)
    if (tool.calls != 0) names.append(names.empty() ? "" : ", ").append(base::quoted(tool.name));
  return fmt::format("    tools: {{ include: [{}] }}", names);
}

}  // namespace

Verdict judge_use(const UseOf& use) {
  Verdict out;
  std::uint64_t calls = 0, unused_cost = 0, cost = 0;
  std::size_t unused = 0, crud = 0;
  const UsedTool* most = nullptr;
  for (const UsedTool& tool : use.tools) {
    calls += tool.calls;
    cost += tool.cost;
    if (tool.calls == 0) {
      ++unused;
      unused_cost += tool.cost;
    }
    if (is_crud(tool.name)) ++crud;
    if (!most || tool.calls > most->calls) most = &tool;
  }
  if (!use.callers) out.unknown.emplace_back("how many distinct callers used it");
  out.unknown.emplace_back("how often its data changed, and its overhead beside its latency");
  const auto decide = [&](std::string_view id, std::string why) {
    out.rule = &rule_of(use_rules(), id);
    out.why = std::move(why);
  };
  const std::size_t tools = use.tools.size();
  if (calls < kLeastCalls) {
    decide("few-calls", fmt::format("{} calls of {} tools, whose definitions cost {} tokens", calls, tools, grouped(cost)));
  } else if (most->reads && percent(most->calls, calls) >= kRetrievalShare && most->tokens / most->calls >= kRetrievalTokens) {
    decide("big-reads", fmt::format("{} % of {} calls are of {}, with {} tokens a result", percent(most->calls, calls), calls, most->name,
                                    grouped(most->tokens / most->calls)));
    out.lines = {fmt::format("  {}:", use.server), "    limits: { result: 16kb }"};
  } else if (use.callers == 1U && tools <= 2) {
    decide("one-caller", fmt::format("one caller, {} tools, {} calls", tools, calls));
    out.lines = {fmt::format("  {}:", use.server), "    enabled: false"};
  } else if (use.kind != "openapi" && use.kind != "builtin" && tools >= kLeastCrudTools && percent(crud, tools) >= kCrudShare) {
    decide("crud", fmt::format("{} of {} tools get, list, create, update or delete", crud, tools));
    out.lines = {fmt::format("  {}:", use.server), "    openapi: ./spec.yaml   # the description of the API behind it"};
  } else if (percent(unused, tools) >= kUnusedShare && unused_cost >= kUnusedTokens) {
    decide("unused", fmt::format("{} of {} tools were never called in {} calls, and cost {} of {} tokens", unused, tools, calls,
                                 grouped(unused_cost), grouped(cost)));
    out.lines = {fmt::format("  {}:", use.server), include_line(use)};
  } else {
    decide("in-use", fmt::format("{} calls, {} of {} tools used, definitions of {} tokens", calls, tools - unused, tools, grouped(cost)));
  }
  return out;
}

const AdviceRule& judge_design(const Design& design) {
  const auto rule = [](std::string_view id) -> const AdviceRule& { return rule_of(design_rules(), id); };
  if (design.data == Design::Data::fixed) return rule("new-static");
  const bool one = design.clients == Design::Clients::one;
  if (design.rest == Design::Rest::yes) return rule(one ? "new-rest-one" : "new-rest");
  if (design.stage == Design::Stage::prototype) return rule("new-prototype");
  if (one && design.teams == Design::Teams::one) return rule("new-one-client");
  if (design.coupling == Design::Coupling::tight) return rule("new-coupled");
  return rule("new-shared");
}

}  // namespace app
