#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/advice/use_advice.h"

namespace app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

UseOf used(std::vector<UsedTool> tools) { return {"notes", "command", std::move(tools), std::nullopt}; }

TEST(Advice, SaysWhenThereIsTooLittleRecord) {
  const Verdict said = judge_use(used({{"search", 100, 19, 10, true}}));
  EXPECT_EQ(said.rule->id, "few-calls");
  EXPECT_THAT(said.why, HasSubstr("19 calls"));
  EXPECT_FALSE(said.unknown.empty());
  EXPECT_EQ(judge_use(used({})).rule->id, "few-calls");
}

TEST(Advice, NarrowsToWhatIsCalled) {
  const Verdict said = judge_use(used({{"search", 100, 30, 10, true}, {"graph", 400, 0, 0, true}, {"plot", 200, 0, 0, false}}));
  EXPECT_EQ(said.rule->advice, Advice::narrow);
  EXPECT_THAT(said.lines, ElementsAre("  notes:", "    tools: { include: [\"search\"] }"));
  EXPECT_THAT(said.why, HasSubstr("2 of 3 tools were never called"));
  // What costs little stays.
  EXPECT_EQ(judge_use(used({{"search", 100, 30, 10, true}, {"graph", 40, 0, 0, true}})).rule->advice, Advice::keep);
}

TEST(Advice, LargeReadsAreForRetrieval) {
  EXPECT_EQ(judge_use(used({{"dump", 100, 100, 400'000, true}})).rule->advice, Advice::retrieval);
  EXPECT_EQ(judge_use(used({{"dump", 100, 100, 400'000, false}})).rule->advice, Advice::keep);
}

TEST(Advice, WhatRepeatsAnApiIsMadeOfItsDescription) {
  const std::vector<UsedTool> crud{{"get_a", 10, 9, 0, true},
                                   {"listB", 10, 9, 0, true},
                                   {"create-c", 10, 9, 0, false},
                                   {"delete_d", 10, 9, 0, false},
                                   {"think", 10, 9, 0, false}};
  EXPECT_EQ(judge_use(used(crud)).rule->advice, Advice::openapi);
  UseOf own = used(crud);
  own.kind = "builtin";
  EXPECT_EQ(judge_use(own).rule->advice, Advice::keep);
}

TEST(Advice, OneCallerAndATool) {
  UseOf use = used({{"roll", 10, 50, 0, false}});
  use.callers = 1;
  EXPECT_EQ(judge_use(use).rule->advice, Advice::function);
  use.callers = 2;
  EXPECT_EQ(judge_use(use).rule->advice, Advice::keep);
}

TEST(Advice, BeforeThereIsAServer) {
  EXPECT_EQ(judge_design({}).advice, Advice::keep);
  Design design;
  design.data = Design::Data::fixed;
  EXPECT_EQ(judge_design(design).advice, Advice::retrieval);
  design = {};
  design.rest = Design::Rest::yes;
  EXPECT_EQ(judge_design(design).advice, Advice::openapi);
  design.clients = Design::Clients::one;
  EXPECT_EQ(judge_design(design).advice, Advice::direct);
  design = {};
  design.stage = Design::Stage::prototype;
  EXPECT_EQ(judge_design(design).advice, Advice::function);
}

TEST(Advice, EveryRuleCanDecideAndStandsInTheTable) {
  for (const AdviceRule& rule : use_rules()) EXPECT_THAT(rules_markdown(), HasSubstr(fmt::format("| {} |", rule.id)));
  for (const AdviceRule& rule : design_rules()) EXPECT_THAT(rules_markdown(), HasSubstr(rule.source));
}

}  // namespace
}  // namespace app
