// Counters and limits of tokens, and what was cut being read on, by the one caller it is for.
#include "gateway/budget/budget.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "gateway/budget/read_more.h"
#include "gateway/gateway_testing.h"
#include "tokens/count.h"

namespace {

using base::Instant;
using base::Millis;
using gateway::Budget;
using gateway::BudgetConfig;
using gateway::Config;
using gateway::KeptResults;
using gateway::Payer;
using gateway::Spent;
using gateway::testing_world::builtin;
using gateway::testing_world::World;
using protocol::Method;
using testing::HasSubstr;
using testing::Not;

const Instant kStart{std::chrono::hours(100)};

std::string words(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += " word";
  return out;
}

TEST(Budget, WithoutLimitsNothingIsRefusedOrCut) {
  Budget budget({});
  for (int i = 0; i < 200; ++i) budget.spend({"ann", "s"}, Spent::results, words(100), kStart);
  EXPECT_TRUE(budget.admit({"ann", "s"}, kStart));
  EXPECT_EQ(budget.room({"ann", "s"}, kStart), Budget::kNoLimit);
}

TEST(Budget, WhatASessionHasLeftShrinksToAFloor) {
  BudgetConfig config;
  config.call = 1000;
  config.session = 2000;
  Budget budget(config);
  EXPECT_EQ(budget.room({"ann", "s"}, kStart), 1000U);
  budget.spend({"ann", "s"}, Spent::arguments, words(1500), kStart);
  EXPECT_EQ(budget.room({"ann", "s"}, kStart), 500U);
  EXPECT_EQ(budget.room({"ann", "other"}, kStart), 1000U);
  budget.spend({"ann", "s"}, Spent::arguments, words(1500), kStart);
  EXPECT_EQ(budget.room({"ann", "s"}, kStart), Budget::kFloor);
  EXPECT_TRUE(budget.admit({"ann", "s"}, kStart));
  EXPECT_EQ(budget.room({"ann", "s"}, kStart + std::chrono::minutes(31)), 1000U) << "an idle session has ended";
}

TEST(Budget, AHardLimitRefusesAndSaysHowLong) {
  BudgetConfig config;
  config.hour = 1000;
  config.hard = true;
  Budget budget(config);
  EXPECT_TRUE(budget.admit({"ann", "s"}, kStart));
  budget.spend({"ann", "s"}, Spent::results, R"({"content":[{"type":"text","text":")" + words(1200) + "\"}]}", kStart);
  auto refused = budget.admit({"ann", "another"}, kStart);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Code::rate_limited);
  EXPECT_THAT(refused.error().message, HasSubstr("of 1000 tokens; wait"));
  EXPECT_THAT(refused.error().data, HasSubstr("retryAfter"));
  EXPECT_TRUE(budget.admit({"bob", "s2"}, kStart));
  EXPECT_TRUE(budget.admit({"ann", "s"}, kStart + std::chrono::minutes(61)));
}

TEST(Budget, ListsAreCountedAndNotCharged) {
  BudgetConfig config;
  config.session = 500;
  config.hard = true;
  Budget budget(config);
  budget.spend({"ann", "s"}, Spent::definitions, words(2000), kStart);
  EXPECT_TRUE(budget.admit({"ann", "s"}, kStart));
  EXPECT_THAT(budget.text(kStart), HasSubstr(R"("definitions":2000)"));
}

TEST(Budget, TablesAreBounded) {
  Budget budget({});
  for (std::size_t i = 0; i < Budget::kMostPayers + 100; ++i) budget.spend({"c" + std::to_string(i), "s"}, Spent::arguments, "x", kStart);
  for (std::size_t i = 0; i < Budget::kMostTools + 100; ++i) budget.called("s", "t" + std::to_string(i), "{}", "{}");
  const std::string text = budget.text(kStart);
  EXPECT_TRUE(base::validate_json(text));
  EXPECT_THAT(text, HasSubstr("(others)"));
}

TEST(KeptResults, AreForOneCallerAndForAWhile) {
  KeptResults kept;
  kept.keep("r1", "ann", "the rest", kStart);
  EXPECT_EQ(*kept.find("r1", "ann", kStart), "the rest");
  EXPECT_EQ(kept.find("r1", "bob", kStart), nullptr);
  EXPECT_EQ(kept.find("r2", "ann", kStart), nullptr);
  EXPECT_EQ(kept.find("r1", "ann", kStart + KeptResults::kLives + Millis(1)), nullptr);
  EXPECT_EQ(kept.bytes(), 0U);
}

TEST(KeptResults, AreBoundedForEachAndForAll) {
  KeptResults kept;
  const std::string large(6 * 1024 * 1024, 'x');
  for (int i = 0; i < 5; ++i) kept.keep("a" + std::to_string(i), "ann", large, kStart);
  EXPECT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept.find("a0", "ann", kStart), nullptr);
  EXPECT_NE(kept.find("a4", "ann", kStart), nullptr);
  for (int i = 0; i < 20; ++i) kept.keep("b" + std::to_string(i), "caller " + std::to_string(i), large, kStart);
  EXPECT_LE(kept.bytes(), KeptResults::kMostBytes);
  kept.keep("huge", "zoe", std::string(KeptResults::kMostOfCaller + 10, 'y'), kStart);
  EXPECT_THAT(*kept.find("huge", "zoe", kStart), HasSubstr("too large to be kept"));
}

TEST(ReadMore, ReadsWhatItIsAsked) {
  EXPECT_EQ(gateway::rest_in_arguments(R"({"handle":"r1","from":12})")->from, 12U);
  EXPECT_EQ(gateway::rest_in_uri("gatehouse://result/r1?from=7")->from, 7U);
  EXPECT_EQ(gateway::rest_in_uri("gatehouse://result/r1")->handle, "r1");
  EXPECT_FALSE(gateway::rest_in_arguments("{}"));
  EXPECT_FALSE(gateway::rest_in_arguments(R"({"handle":"r1","from":-1})"));
  EXPECT_FALSE(gateway::rest_in_uri("gatehouse://result/r1?x=7"));
  EXPECT_FALSE(gateway::rest_in_uri("gatehouse://result/r1?from=7x"));
}

Config with_budget(BudgetConfig budget) {
  Config config{{builtin("one")}};
  config.budget = budget;
  return config;
}

std::string between(const std::string& text, std::string_view before, std::string_view after) {
  const std::size_t from = text.find(before);
  if (from == std::string::npos) return {};
  return text.substr(from + before.size(), text.find(after, from + before.size()) - from - before.size());
}

TEST(BudgetOfTheGateway, AResultIsCutAndReadOnByItsCallerAlone) {
  BudgetConfig budget;
  budget.call = 300;
  World w(with_budget(budget));
  std::string lines;
  for (int i = 1; i <= 3000; ++i) lines += "line " + std::to_string(i) + "\n";
  const std::string call = R"({"name":"one__echo","arguments":{"text":)" + base::quoted(lines) + "}}";
  const std::string cut = w.text(Method::tools_call, call);
  EXPECT_LT(tokens::count(cut), 500U);
  EXPECT_THAT(cut, HasSubstr("[gatehouse: "));
  const std::string handle = between(cut, R"({\"handle\":\")", R"(\")");
  ASSERT_FALSE(handle.empty()) << cut;
  std::string all;
  std::size_t from = 0;
  for (int page = 0; page < 200; ++page) {
    const std::string text = w.text(
        Method::tools_call, R"({"name":"read_more","arguments":{"handle":")" + handle + R"(","from":)" + std::to_string(from) + "}}");
    all += text;
    const std::string next = between(text, R"(go on with \"from\": )", "]");
    if (next.empty()) {
      EXPECT_THAT(text, HasSubstr("[gatehouse: that is all]"));
      break;
    }
    from = std::stoul(next);
  }
  EXPECT_THAT(all, HasSubstr("line 3000"));
  EXPECT_THAT(all, HasSubstr("line 1500\\n"));
  EXPECT_THAT(w.text(Method::resources_read, R"({"uri":"gatehouse://result/)" + handle + R"("})"), HasSubstr("\"contents\""));
  EXPECT_THAT(w.text(Method::tools_call, R"({"name":"read_more","arguments":{"handle":"rnone"}})"), HasSubstr("nothing to read"));
  EXPECT_THAT(w.gateway->usage(), HasSubstr(R"("tool":"echo","calls":1)"));
}

TEST(BudgetOfTheGateway, TheListHasReadMoreWhereThereAreLimits) {
  BudgetConfig budget;
  budget.call = 300;
  World w(with_budget(budget));
  EXPECT_THAT(w.text(Method::tools_list, "{}"), HasSubstr(R"({"tools":[{"name":"read_more")"));
  EXPECT_THAT(w.text(Method::tools_list, "{}", "one"), Not(HasSubstr("read_more")));
  World without({{builtin("one")}});
  EXPECT_THAT(without.text(Method::tools_list, "{}"), Not(HasSubstr("read_more")));
  EXPECT_THAT(without.text(Method::tools_call, R"({"name":"read_more","arguments":{"handle":"r1"}})"), HasSubstr("unknown tool"));
}

TEST(BudgetOfTheGateway, AHardLimitRefusesTheNextCall) {
  BudgetConfig budget;
  budget.hard_session = 400;
  World w(with_budget(budget));
  const std::string call = R"({"name":"one__echo","arguments":{"text":")" + words(300) + "\"}}";
  EXPECT_THAT(w.text(Method::tools_call, call), HasSubstr("word"));
  EXPECT_THAT(w.text(Method::tools_call, call), HasSubstr("token budget of this session is used up"));
  EXPECT_THAT(w.text(Method::tools_list, "{}"), HasSubstr("one__echo"));
  ASSERT_FALSE(w.book.calls.empty());
}

}  // namespace
