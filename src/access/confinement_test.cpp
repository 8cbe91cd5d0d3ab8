#include "access/confinement.h"

#include <gtest/gtest.h>

#include "access/policy.h"

namespace {

using authz::Confinement;
using authz::Part;
using authz::Policy;
using authz::Principal;
using authz::Sight;
using authz::Subject;
using Kind = Subject::Kind;
using Verb = Subject::Verb;

Part part(const std::string& name, const std::string& server, const std::string& tool) {
  Part out;
  out.name = name;
  out.has_server = [server](std::string_view which) { return which == server; };
  out.has_tool = [server, tool](std::string_view which, std::string_view what) { return which == server && (tool == "*" || what == tool); };
  out.all_tools = tool == "*";
  return out;
}

Principal key_in(std::vector<std::string> profiles) {
  Principal out;
  out.key = "k";
  out.profiles = std::move(profiles);
  return out;
}

class Confined : public testing::Test {
 protected:
  Confined() {
    std::vector<Part> parts{part("writing", "vault", "*"), part("reading", "files", "read"), part("interns", "files", "list")};
    parts[2].confines.emplace();
    parts[2].confines->groups = {"interns"};
    policy.use(nullptr, std::make_shared<const Confinement>(std::move(parts)));
  }
  bool may(const Principal& who, std::string_view server, std::string_view name, Verb verb = Verb::call) {
    return !policy.decide(who, {verb, server, name}, "{}").denied();
  }
  Policy policy;
};

TEST_F(Confined, WhoIsNotIsFree) {
  EXPECT_TRUE(may({}, "anything", "x"));
  EXPECT_EQ(policy.sight({}, "anything", Kind::tool), Sight::all);
  EXPECT_EQ(policy.standing({}), "");
}

TEST_F(Confined, AKeySeesWhatItsProfilesHold) {
  const Principal who = key_in({"writing", "reading"});
  EXPECT_TRUE(may(who, "vault", "anything"));
  EXPECT_TRUE(may(who, "files", "read"));
  EXPECT_FALSE(may(who, "files", "write"));
  EXPECT_FALSE(may(who, "other", "read"));
  EXPECT_TRUE(may(who, "files", "file:///a", Verb::read));
  EXPECT_FALSE(may(who, "other", "file:///a", Verb::read));
  EXPECT_FALSE(may(who, "other", "p", Verb::get_prompt));
  EXPECT_EQ(policy.sight(who, "vault", Kind::tool), Sight::all);
  EXPECT_EQ(policy.sight(who, "files", Kind::tool), Sight::something);
  EXPECT_EQ(policy.sight(who, "files", Kind::prompt), Sight::all);
  EXPECT_EQ(policy.sight(who, "other", Kind::tool), Sight::nothing);
  EXPECT_FALSE(policy.sees_any(who, "other"));
  EXPECT_FALSE(policy.shows_everything(who));
  EXPECT_TRUE(policy.by_caller());
  Policy of_keys;
  EXPECT_FALSE(of_keys.by_caller());
  of_keys.use(Policy::Keyed::yes);
  EXPECT_TRUE(of_keys.by_caller());
}

TEST_F(Confined, AGroupToo) {
  Principal who;
  who.groups = {"interns"};
  EXPECT_TRUE(may(who, "files", "list"));
  EXPECT_FALSE(may(who, "files", "read"));
  EXPECT_FALSE(may(who, "vault", "x"));
  EXPECT_NE(policy.standing(who), policy.standing({}));
}

TEST_F(Confined, AProfileThatIsGoneHoldsNothing) {
  EXPECT_FALSE(may(key_in({"gone"}), "vault", "x"));
  Policy without;
  EXPECT_FALSE(without.decide(key_in({"gone"}), {Verb::call, "vault", "x"}, "{}").allowed());
}

TEST_F(Confined, RulesHoldInsideOfIt) {
  authz::Rule rule;
  rule.tools = {{"vault", "delete"}};
  rule.then = authz::Verdict::deny;
  authz::Rule rest;
  rest.then = authz::Verdict::allow;
  std::vector<Part> parts{part("writing", "vault", "*")};
  policy.use(authz::RuleSet::make({rule, rest}), std::make_shared<const Confinement>(std::move(parts)));
  const Principal who = key_in({"writing"});
  EXPECT_FALSE(may(who, "vault", "delete"));
  EXPECT_TRUE(may(who, "vault", "write"));
  EXPECT_FALSE(may(who, "files", "read"));
  EXPECT_EQ(policy.sight(who, "vault", Kind::tool), Sight::something);
}

}  // namespace
