#include "app/rule_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using app::RuleCase;
using testing::ElementsAre;

std::vector<std::string> complaints(std::string_view text) {
  app::Findings findings("cases.yaml");
  (void)app::read_rule_cases(text, findings);
  std::vector<std::string> out;
  for (const app::Finding& finding : std::move(findings).sorted()) out.push_back(finding.line());
  return out;
}

TEST(RuleCases, SayWhatIsTriedAndWhatShouldCome) {
  app::Findings findings("cases.yaml");
  auto cases = app::read_rule_cases(R"(
- tool: files__write_file
  who: { user: ann, group: [oncall, staff] }
  arguments: { path: /etc/passwd, n: 2, deep: { list: [true, "1", null] } }
  annotation: [destructive, open-world]
  disclosure: code
  expect: deny
- { resource: "files__file:///a__b", who: local, expect: ask }
)",
                                    findings);
  ASSERT_FALSE(findings.any_error());
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(cases[0].arguments, R"({"path":"/etc/passwd","n":2,"deep":{"list":[true,"1",null]}})");
  EXPECT_EQ(cases[0].who.user, "ann");
  EXPECT_THAT(cases[0].who.groups, ElementsAre("oncall", "staff"));
  EXPECT_TRUE(cases[0].hints.destructive.value_or(false));
  EXPECT_EQ(cases[0].disclosure, authz::Disclosure::code);
  EXPECT_EQ(cases[1].subject().name, "file:///a__b");
  EXPECT_EQ(cases[1].subject().verb, authz::Subject::Verb::read);
  EXPECT_EQ(cases[1].expect, authz::Verdict::ask);
}

TEST(RuleCases, NameEachMistake) {
  EXPECT_THAT(complaints("tool: a__b"), ElementsAre("cases.yaml:1:1: cases are a list, like: - { tool: vault__search, expect: allow }"));
  EXPECT_THAT(complaints(R"(- { tool: vault, expect: allow }
- { tool: a__b }
- { expect: allow }
- { tool: a__b, expect: allow, annotation: nice, argument: {} }
)"),
              ElementsAre("cases.yaml:1:11: [0].tool: \"vault\" is no name; write it like server__name",
                          "cases.yaml:2:3: [1] has no expect; add expect: allow, deny or ask",
                          "cases.yaml:3:3: [2] names one of tool, prompt and resource",
                          "cases.yaml:4:44: [3].annotation must be destructive, read-only, idempotent or open-world, not \"nice\"",
                          "cases.yaml:4:50: unknown key \"argument\" in [3]; did you mean \"arguments\"?"));
}

}  // namespace
