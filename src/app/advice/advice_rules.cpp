#include "app/advice/advice_rules.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace app {
namespace {

constexpr std::array<AdviceRule, 6> kUse{{
    {"few-calls", "fewer than 20 calls are on record", Advice::unsure,
     "below 20 calls, one call more or less moves a share by 5 points or more"},
    {"big-reads", "90 % of the calls are of one tool that only reads, and its results have 2,000 tokens or more on average",
     Advice::retrieval, "a result stays in the window to the end; docs/retrieval.md measures what passages cost instead"},
    {"one-caller", "a single caller has used it, and it has one or two tools", Advice::function,
     "a protocol pays where several clients share a server; a function in the agent has no process, no handshake and no catalog"},
    {"crud", "80 % of its 4 or more tools get, list, create, update or delete", Advice::openapi,
     "such tools repeat a REST API that its description already says; docs/openapi.md makes them of it, and trims answers"},
    {"unused", "half of its tools or more were never called, and their definitions cost 500 tokens or more", Advice::narrow,
     "definitions are paid for in every conversation, called or not; docs/budget.md shows the price of each"},
    {"in-use", "none of these", Advice::keep, "several tools that are called, by those that share them"},
}};

constexpr std::array<AdviceRule, 7> kDesign{{
    {"new-static", "the data is static", Advice::retrieval,
     "what does not change needs no server that is asked each time; an index answers with the passages that matter"},
    {"new-rest-one", "there is a REST API, and one client", Advice::direct,
     "the API is the contract already; a server between adds a process and a hop"},
    {"new-rest", "there is a REST API, and several clients", Advice::openapi,
     "tools made of the description stay what the API is, without code of their own"},
    {"new-prototype", "it is a prototype", Advice::function,
     "a function is changed with the prompt that uses it; its contract can be published when it is known"},
    {"new-one-client", "one client will use it, made by one team", Advice::function,
     "nobody else needs the contract that a protocol keeps"},
    {"new-coupled", "it is coupled tightly to the agent: it needs its state or its types", Advice::function,
     "state does not travel through a protocol that has none"},
    {"new-shared", "none of these: live data, several clients or teams", Advice::keep,
     "what MCP is for: one server, many clients, a catalog that is found at run time"},
}};

std::string table_of(std::span<const AdviceRule> rules) {
  std::string out = "| rule | when | then | because |\n|---|---|---|---|\n";
  for (const AdviceRule& rule : rules)
    fmt::format_to(std::back_inserter(out), "| {} | {} | {} | {} |\n", rule.id, rule.when, advice_name(rule.advice), rule.source);
  return out;
}

}  // namespace

std::string_view advice_name(Advice advice) {
  static constexpr std::array<std::string_view, 7> kNames{"keep",      "narrow",           "call directly", "OpenAPI", "SDK function tool",
                                                          "retrieval", "too little record"};
  return kNames[static_cast<std::size_t>(advice)];
}

std::span<const AdviceRule> use_rules() { return kUse; }
std::span<const AdviceRule> design_rules() { return kDesign; }

std::string rules_markdown() { return table_of(kUse) + "\n" + table_of(kDesign); }

}  // namespace app
