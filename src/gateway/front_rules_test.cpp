#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "gateway/gateway_testing.h"
#include "gateway/judging.h"

namespace {

using authz::Pattern;
using authz::Rule;
using authz::RuleSet;
using authz::Verdict;
using base::Code;
using base::Outcome;
using gateway::Catalog;
using gateway::Config;
using gateway::Definition;
using gateway::DefinitionKind;
using gateway::SeenCatalogs;
using gateway::ServerCatalog;
using gateway::testing_world::builtin;
using gateway::testing_world::World;
using protocol::Method;
using testing::HasSubstr;
using testing::Not;

Rule rule(std::vector<Pattern> tools, Verdict then, std::string place = "g.yaml:1:1") {
  Rule out;
  out.tools = std::move(tools);
  out.then = then;
  out.place = std::move(place);
  return out;
}

const Rule kRest = rule({{"*", "*"}}, Verdict::allow);

Config with(std::vector<Rule> rules) {
  Config config;
  config.servers = {builtin("a"), builtin("b")};
  config.rules = RuleSet::make(std::move(rules));
  return config;
}

std::shared_ptr<const Catalog> three_tools() {
  auto offer = std::make_shared<ServerCatalog>();
  offer->id = "s";
  std::string list = R"({"tools":[)";
  for (auto name : {"x", "y", "z"})
    list += std::string(list.back() == '[' ? "" : ",") + R"({"name":")" + name + R"(","inputSchema":{"type":"object"}})";
  auto page = protocol::read_definitions(DefinitionKind::tool, list + "]}");
  offer->at(DefinitionKind::tool) =
      std::make_shared<const gateway::OfferedList>(gateway::OfferedList{std::move(page->items), R"(,"more":1)"});
  return Catalog::of_server(nullptr, std::move(offer));
}

TEST(SeenCatalogs, LeaveOutWhatIsHidden) {
  auto all = three_tools();
  authz::Policy policy;
  SeenCatalogs seen;
  EXPECT_EQ(seen.of(all, policy, {}), all);
  policy.use(RuleSet::make({rule({{"s", "y"}}, Verdict::deny), kRest}));
  auto some = seen.of(all, policy, {});
  EXPECT_EQ(some->list(DefinitionKind::tool),
            R"({"tools":[{"name":"x","inputSchema":{"type":"object"}},{"name":"z","inputSchema":{"type":"object"}}],"more":1})");
  EXPECT_EQ(some->find(DefinitionKind::tool, "y"), nullptr);
  EXPECT_EQ(some->find(DefinitionKind::tool, "z")->name, "z");
  const auto& text = *some->text(DefinitionKind::tool);
  for (const auto& [at, size] : text.items) EXPECT_EQ(text.text.substr(at, size).substr(0, 9), R"({"name":")");
  EXPECT_EQ(seen.of(all, policy, {}), some);
  // Lines that hide nothing leave the catalog as it is, with its texts.
  policy.use(RuleSet::make({rule({{"t", "*"}}, Verdict::deny), kRest}));
  seen.clear();
  EXPECT_EQ(seen.of(all, policy, {}), all);
  policy.use(RuleSet::make({rule({{"*", "*"}}, Verdict::deny)}));
  seen.clear();
  auto none = seen.of(all, policy, {});
  EXPECT_EQ(none->list(DefinitionKind::tool), R"({"tools":[],"more":1})");
  EXPECT_TRUE(none->offers().empty());
}

TEST(FrontRules, WhatIsDeniedIsNotThere) {
  World world(with({rule({{"a", "echo"}}, Verdict::deny, "g.yaml:7:3"), kRest}));
  const std::string list = world.text(Method::tools_list, "{}");
  EXPECT_THAT(list, Not(HasSubstr("\"a__echo\"")));
  EXPECT_THAT(list, HasSubstr("\"b__echo\""));
  const std::string denied = world.text(Method::tools_call, R"({"name":"a__echo","arguments":{"text":"hi"}})");
  const std::string nobody = world.text(Method::tools_call, R"({"name":"a__none","arguments":{"text":"hi"}})");
  EXPECT_EQ(denied, "error not_found: unknown tool: a__echo");
  EXPECT_EQ(nobody, "error not_found: unknown tool: a__none");
  const base::CallRecord& record = world.book.calls[world.book.calls.size() - 2];
  EXPECT_EQ(record.outcome, Outcome::failed);
  EXPECT_EQ(record.error, Code::denied);
  EXPECT_EQ(record.message, "deny by g.yaml:7:3");
  EXPECT_THAT(world.text(Method::tools_call, R"({"name":"b__echo","arguments":{"text":"hi"}})"), HasSubstr("hi"));
}

TEST(FrontRules, HoldForPromptsResourcesAndServersAlone) {
  Rule hidden;
  hidden.prompts = {{"a", "greet"}};
  hidden.resources = {{"a", "echo://*"}};
  World world(with({hidden, kRest}));
  EXPECT_THAT(world.text(Method::prompts_list, "{}", "a"), Not(HasSubstr("greet")));
  EXPECT_THAT(world.text(Method::prompts_list, "{}", "b"), HasSubstr("greet"));
  EXPECT_EQ(world.text(Method::prompts_get, R"({"name":"greet","arguments":{"text":"x"}})", "a"), "error not_found: unknown prompt: greet");
  EXPECT_EQ(world.text(Method::resources_read, R"({"uri":"echo://one"})", "a"), "error not_found: unknown resource: echo://one");
  EXPECT_EQ(
      world.text(Method::completion_complete, R"({"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"text","value":""}})", "a"),
      "error not_found: unknown prompt: greet");
  EXPECT_THAT(world.text(Method::resources_read, R"({"uri":"echo://one"})", "b"), HasSubstr("the one"));
}

TEST(FrontRules, AConsentLetsOneCallPass) {
  World world(with({rule({{"a", "echo"}}, Verdict::ask), kRest}));
  const std::string call = R"({"name":"a__echo","arguments":{"text":"hi"})";
  EXPECT_THAT(world.text(Method::tools_call, call + "}"), HasSubstr("this client cannot ask them"));
  EXPECT_EQ(world.book.calls.back().error, Code::denied);
  auto send = [&](const std::string& params) {
    sdk::Inbound again = world.inbound(Method::tools_call, params);
    again.client_capabilities = R"({"elicitation":{}})";
    auto reply = world.loop.block_on(world.gateway->aggregate().handle(again, world.ears));
    return reply && !reply->error() ? std::string(reply->result()) : std::string(reply ? reply->error()->message : reply.error().message);
  };
  const std::string question = send(call + "}");
  EXPECT_THAT(question, HasSubstr(R"("inputRequests":{"gatehouse_consent":{"method":"elicitation/create")"));
  const std::string state(base::find_member(question, "requestState"));
  auto retry = [&](const std::string& answer) {
    return call + R"(,"requestState":)" + state + R"(,"inputResponses":{"gatehouse_consent":)" + answer + "}}";
  };
  const std::string accept = R"({"action":"accept"})";
  EXPECT_THAT(send(retry(accept)), HasSubstr("\"hi\""));
  EXPECT_THAT(send(retry(accept)), HasSubstr("this consent is not good"));
}

TEST(FrontRules, OtherRulesHoldFromThenOn) {
  World world(with({kRest}));
  EXPECT_THAT(world.text(Method::tools_list, "{}"), HasSubstr("\"a__echo\""));
  EXPECT_FALSE(world.gateway->apply(with({rule({{"*", "*"}}, Verdict::allow, "g.yaml:9:9")})).rules);
  EXPECT_TRUE(world.gateway->apply(with({rule({{"a", "*"}}, Verdict::deny), kRest})).rules);
  EXPECT_THAT(world.text(Method::tools_list, "{}"), Not(HasSubstr("\"a__echo\"")));
  Config none = with({});
  none.rules = nullptr;
  EXPECT_TRUE(world.gateway->apply(none).rules);
  EXPECT_THAT(world.text(Method::tools_list, "{}"), HasSubstr("\"a__echo\""));
}

}  // namespace
