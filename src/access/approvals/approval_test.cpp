#include "access/approvals/approval.h"

#include <gtest/gtest.h>

namespace {

using authz::Approval;
using authz::ApprovalState;
using authz::ApprovalTime;
using authz::Decider;
using authz::Word;
using mcp::Code;
using std::chrono::minutes;

const ApprovalTime kNow{std::chrono::hours(500'000)};

Approval waiting() {
  Approval out;
  out.id = "ap_1";
  out.caller = "key:ci";
  out.owner = "ada";
  out.digest = "use";
  out.call = "call";
  out.kind = "tool";
  out.server = "files";
  out.name = "write_\"x\"";
  out.arguments = R"({"path":"/a","n":1})";
  out.rule = "g.yaml:3:5";
  out.approvers.groups = {"leads"};
  out.created = kNow;
  out.until = kNow + minutes(60);
  return out;
}

Decider lead(const std::string& name, const std::string& owner = {}) {
  Decider out;
  out.name = "key:" + name;
  out.who.id = out.name;
  out.who.key = name;
  out.who.owner = owner;
  out.who.groups = {"leads"};
  return out;
}

Word yes() { return {true, "", {}}; }

TEST(Approval, IsGivenByAnApproverOnce) {
  Approval one = waiting();
  ASSERT_TRUE(authz::decide(one, lead("bob"), yes(), kNow).ok());
  EXPECT_EQ(one.state, ApprovalState::approved);
  EXPECT_EQ(authz::decide(one, lead("eve"), yes(), kNow).error().code, Code::conflict);
  ASSERT_TRUE(authz::use(one, kNow).ok());
  EXPECT_EQ(authz::use(one, kNow).error().code, Code::conflict);
}

TEST(Approval, IsNeverTheCallersOwn) {
  for (const Decider& self : {lead("ci"), lead("other", "ada")}) {
    Approval one = waiting();
    EXPECT_EQ(authz::decide(one, self, yes(), kNow).error().code, Code::denied);
    EXPECT_EQ(one.state, ApprovalState::pending);
  }
  Approval one = waiting();
  Decider here{Decider::Kind::operator_here, "operator ada", {}};
  here.who.owner = "ada";
  EXPECT_EQ(authz::decide(one, here, yes(), kNow).error().code, Code::denied);
  here.who.owner = "root";
  EXPECT_TRUE(authz::decide(one, here, yes(), kNow).ok());
}

TEST(Approval, NeedsAnApprover) {
  Approval one = waiting();
  Decider other = lead("bob");
  other.who.groups = {"staff"};
  EXPECT_EQ(authz::decide(one, other, yes(), kNow).error().code, Code::denied);
  EXPECT_TRUE(one.words.empty());
}

TEST(Approval, OfSeveralIsOfDifferentPeople) {
  Approval one = waiting();
  one.approvers.count = 2;
  ASSERT_TRUE(authz::decide(one, lead("bob", "bob"), yes(), kNow).ok());
  EXPECT_EQ(one.state, ApprovalState::pending);
  EXPECT_EQ(authz::decide(one, lead("bobs-other-key", "bob"), yes(), kNow).error().code, Code::conflict);
  ASSERT_TRUE(authz::decide(one, lead("eve", "eve"), yes(), kNow).ok());
  EXPECT_EQ(one.state, ApprovalState::approved);
  Approval no = waiting();
  no.approvers.count = 2;
  ASSERT_TRUE(authz::decide(no, lead("bob"), yes(), kNow).ok());
  ASSERT_TRUE(authz::decide(no, lead("eve"), {false, "too late in the day", {}}, kNow).ok());
  EXPECT_EQ(no.state, ApprovalState::denied);
}

TEST(Approval, EndsWithItsTime) {
  Approval one = waiting();
  EXPECT_EQ(authz::decide(one, lead("bob"), yes(), kNow + minutes(60)).error().code, Code::not_found);
  ASSERT_TRUE(authz::decide(one, lead("bob"), yes(), kNow).ok());
  EXPECT_FALSE(authz::use(one, kNow + minutes(60)).ok());
}

TEST(Approval, ForASessionIsAGrantThatCanBeTakenBack) {
  Approval one = waiting();
  EXPECT_EQ(authz::decide(one, lead("bob"), {true, "", std::chrono::hours(13)}, kNow).error().code, Code::invalid_argument);
  ASSERT_TRUE(authz::decide(one, lead("bob"), {true, "", minutes(30)}, kNow).ok());
  EXPECT_EQ(one.state, ApprovalState::granted);
  EXPECT_EQ(one.until, kNow + minutes(30));
  EXPECT_FALSE(authz::use(one, kNow).ok());
  ASSERT_TRUE(authz::revoke(one, "eve", kNow).ok());
  EXPECT_EQ(one.state, ApprovalState::revoked);
  EXPECT_FALSE(authz::revoke(one, "eve", kNow).ok());
}

TEST(Approval, IsReadAsItWasWritten) {
  Approval one = waiting();
  one.links = {{"ops", "abc"}};
  one.session = "s";
  ASSERT_TRUE(authz::decide(one, lead("bob"), {true, "fine \"so\"", {}}, kNow).ok());
  auto back = authz::from_stored(authz::to_stored(one, kNow));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(authz::approval_json(*back), authz::approval_json(one));
  EXPECT_EQ(back->links[0].digest, "abc");
  EXPECT_EQ(back->call, "call");
  EXPECT_EQ(back->words[0].reason, "fine \"so\"");
  EXPECT_EQ(authz::approval_json(one).find("abc"), std::string::npos);
  store::StoredApproval broken = authz::to_stored(one, kNow);
  broken.body = "{";
  EXPECT_FALSE(authz::from_stored(broken).ok());
}

}  // namespace
