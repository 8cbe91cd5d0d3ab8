// What a decision costs with many lines.
#include <benchmark/benchmark.h>

#include "access/rules.h"

namespace {

using authz::Rule;
using authz::RuleSet;
using authz::Subject;
using authz::Verdict;

// 190 lines by name and group, 10 on arguments, and a last one for everything.
std::shared_ptr<const RuleSet> many() {
  std::vector<Rule> rules;
  for (int i = 0; i < 190; ++i) {
    Rule rule;
    rule.place = "bench";
    rule.tools = {*authz::read_pattern("server" + std::to_string(i % 19) + "__tool_" + std::to_string(i))};
    rule.who.groups = {"group" + std::to_string(i % 20)};
    rule.then = i % 3 == 0 ? Verdict::deny : Verdict::allow;
    rules.push_back(std::move(rule));
  }
  for (int i = 0; i < 10; ++i) {
    Rule rule;
    rule.place = "bench";
    rule.tools = {*authz::read_pattern("server" + std::to_string(i) + "__*")};
    rule.when.arguments = {authz::ArgumentCheck{"/path", {"/private/" + std::to_string(i) + "/*"}, {}, {}, {}}};
    rule.then = Verdict::deny;
    rules.push_back(std::move(rule));
  }
  Rule rest;
  rest.place = "bench";
  rest.tools = {{"*", "*"}};
  rest.then = Verdict::allow;
  rules.push_back(std::move(rest));
  return RuleSet::make(std::move(rules));
}

void decide_among_200_lines(benchmark::State& state) {
  auto rules = many();
  authz::Principal who;
  who.groups = {"staff", "group7", "group3"};
  const Subject subject{Subject::Verb::call, "server7", "tool_26"};
  for (auto _ : state) benchmark::DoNotOptimize(rules->decide(who, subject, R"({"path":"/public/a.md","limit":10})").verdict);
}
BENCHMARK(decide_among_200_lines);

}  // namespace
