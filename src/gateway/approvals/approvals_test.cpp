#include "gateway/approvals/approvals.h"

#include <gtest/gtest.h>

#include "gateway/gateway_testing.h"
#include "store/catalog_store.h"

namespace {

using authz::Decider;
using authz::Word;
using base::Code;
using base::Millis;
using base::Result;
using base::Task;
using gateway::ApprovalConfig;
using gateway::Approvals;
using gateway::ApprovalWanted;
using Way = Approvals::Way;

class ApprovalsTest : public testing::Test {
 protected:
  ApprovalsTest() {
    Approvals::Parts parts{loop, pool, &store->approvals()};
    parts.now = [this] { return now; };
    ApprovalConfig config;
    config.wait = Millis(0);
    approvals.emplace(std::move(parts), config);
    rule = std::make_shared<authz::Rule>();
    rule->place = "g.yaml:1:1";
    rule->then = authz::Verdict::ask;
    rule->approvers.emplace();
    rule->approvers->groups = {"leads"};
  }
  ~ApprovalsTest() override { EXPECT_TRUE(loop.block_on(approvals->stop()).ok()); }

  ApprovalWanted wanted(const std::string& caller = "ci", const std::string& arguments = R"({"a":1,"b":2})") {
    auto who = std::make_shared<base::Principal>();
    who->id = caller;
    return {who, "session 1", "tool", "files", "write", R"({"name":"write"})", arguments, rule};
  }
  Result<Approvals::Outcome> seek(ApprovalWanted what, std::stop_token stop = {}) {
    return loop.block_on(approvals->seek(std::move(what), std::move(stop)));
  }
  static Decider lead(const std::string& name = "eve") {
    Decider out;
    out.name = name;
    out.who.id = name;
    out.who.groups = {"leads"};
    return out;
  }
  Result<authz::Approval> decide(const std::string& id, Word word = {true, "", {}}, Decider decider = lead()) {
    return loop.block_on(approvals->decide(id, std::move(decider), std::move(word)));
  }

  base::Loop loop;
  base::BlockingPool pool{2};
  std::unique_ptr<store::Store> store = std::move(*store::open_store("sqlite::memory:"));
  authz::ApprovalTime now{std::chrono::hours(500'000)};
  std::shared_ptr<authz::Rule> rule;
  std::optional<Approvals> approvals;
};

TEST_F(ApprovalsTest, LetOneCallThroughOnce) {
  auto first = seek(wanted());
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_EQ(first->way, Way::waits);
  EXPECT_NE(first->why.find("group leads"), std::string::npos);
  EXPECT_EQ(seek(wanted())->id, first->id);
  ASSERT_TRUE(decide(first->id).ok());
  // However its arguments are written.
  EXPECT_EQ(seek(wanted("ci", R"({ "b" : 2, "a":1 })"))->way, Way::go);
  auto again = seek(wanted());
  EXPECT_EQ(again->way, Way::waits);
  EXPECT_NE(again->id, first->id);
}

TEST_F(ApprovalsTest, AreForOneCallerTheseArgumentsAndThisDefinition) {
  const std::string id = seek(wanted())->id;
  ASSERT_TRUE(decide(id).ok());
  EXPECT_EQ(seek(wanted("other"))->way, Way::waits);
  EXPECT_EQ(seek(wanted("ci", R"({"a":1,"b":3})"))->way, Way::waits);
  ApprovalWanted changed = wanted();
  changed.definition = R"({"name":"write","description":"Also deletes."})";
  EXPECT_EQ(seek(std::move(changed))->way, Way::waits);
  ApprovalWanted elsewhere = wanted();
  elsewhere.server = "other";
  EXPECT_EQ(seek(std::move(elsewhere))->way, Way::waits);
  EXPECT_EQ(seek(wanted())->way, Way::go);
}

TEST_F(ApprovalsTest, EndWithTheirTime) {
  const std::string id = seek(wanted())->id;
  ASSERT_TRUE(decide(id).ok());
  now += std::chrono::hours(1);
  auto late = seek(wanted());
  EXPECT_EQ(late->way, Way::waits);
  EXPECT_NE(late->id, id);
  EXPECT_EQ(decide(id).error().code, Code::not_found);
}

TEST_F(ApprovalsTest, ADenialIsToldWithItsReason) {
  const std::string id = seek(wanted())->id;
  ASSERT_TRUE(decide(id, {false, "not today", {}}).ok());
  auto denied = seek(wanted());
  EXPECT_EQ(denied->way, Way::denied);
  EXPECT_NE(denied->why.find("not today"), std::string::npos);
}

TEST_F(ApprovalsTest, AGrantIsForTheToolAndTheSession) {
  const std::string id = seek(wanted())->id;
  ASSERT_TRUE(decide(id, {true, "", std::chrono::minutes(10)}).ok());
  EXPECT_EQ(seek(wanted())->way, Way::go);
  EXPECT_EQ(seek(wanted("ci", R"({"other":true})"))->way, Way::go);
  ApprovalWanted elsewhere = wanted();
  elsewhere.session = "session 2";
  EXPECT_EQ(seek(std::move(elsewhere))->way, Way::waits);
  now += std::chrono::minutes(10);
  EXPECT_EQ(seek(wanted())->way, Way::waits);
}

TEST_F(ApprovalsTest, ACallThatIsHeldGoesOnWhenItIsDecided) {
  ApprovalConfig patient;
  patient.wait = std::chrono::minutes(5);
  approvals->change(patient);
  std::optional<Result<Approvals::Outcome>> outcome;
  base::TaskGroup group;
  auto ask = [](Approvals* from, ApprovalWanted what, std::optional<Result<Approvals::Outcome>>* out) -> Task<void> {
    out->emplace(co_await from->seek(std::move(what), {}).result());
  };
  group.spawn(ask(&*approvals, wanted(), &outcome));
  // The call is in the store once somebody can see it there.
  auto decide_it = [](Approvals* at) -> Task<void> {
    for (;;) {
      std::vector<authz::Approval> all = co_await at->list();
      if (all.empty() || at->waiting() == 0) continue;
      Word yes{true, "", {}};
      Decider who = ApprovalsTest::lead();
      (void)co_await at->decide(all.front().id, std::move(who), std::move(yes));
      co_return;
    }
  };
  ASSERT_TRUE(loop.block_on(decide_it(&*approvals)).ok());
  ASSERT_TRUE(loop.block_on(group.join()).ok());
  ASSERT_TRUE(outcome && outcome->ok());
  EXPECT_EQ((*outcome)->way, Way::go);
  EXPECT_EQ(approvals->waiting(), 0u);
}

TEST_F(ApprovalsTest, ACallerWhoLeavesIsNotWaitedFor) {
  ApprovalConfig patient;
  patient.wait = std::chrono::minutes(5);
  approvals->change(patient);
  std::stop_source gone;
  gone.request_stop();
  EXPECT_EQ(seek(wanted(), gone.get_token()).error().code, Code::cancelled);
  EXPECT_EQ(approvals->waiting(), 0u);
  EXPECT_EQ(loop.block_on(approvals->list())->size(), 1u) << "what they asked for still waits";
}

TEST_F(ApprovalsTest, WithoutAStoreNobodyIsAsked) {
  Approvals none({loop, pool, nullptr}, {});
  EXPECT_EQ(loop.block_on(none.seek(wanted(), {})).error().code, Code::unavailable);
  EXPECT_TRUE(loop.block_on(none.list())->empty());
}

TEST_F(ApprovalsTest, ALinkOfAnotherIsNone) {
  EXPECT_EQ(loop.block_on(approvals->find_by_link("nonsense")).error().code, Code::not_found);
  const std::string id = seek(wanted())->id;
  EXPECT_EQ(loop.block_on(approvals->find_by_link(id + ".")).error().code, Code::not_found);
  EXPECT_EQ(loop.block_on(approvals->decide_by_link(id + ".x", {true, "", {}})).error().code, Code::not_found);
}

TEST(HookSignature, IsWhatStandardWebhooksSay) {
  // The example of the specification's own documentation.
  EXPECT_EQ(gateway::hook_signature(base::Secret<std::string>("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "msg_p5jXN8AQM9LWM0D4loKWxJek",
                                    1614265330, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

// A gateway with a line that wants approvals.
TEST(GatewayApprovals, HoldACallUntilItWasApproved) {
  using namespace gateway::testing_world;
  gateway::Config config;
  config.servers = {builtin("one")};
  authz::Rule asks, rest;
  asks.place = "g.yaml:1:1";
  asks.tools = {{"one", "echo"}};
  asks.then = authz::Verdict::ask;
  asks.approvers.emplace();
  asks.approvers->groups = {"leads"};
  rest.then = authz::Verdict::allow;
  config.rules = authz::RuleSet::make({asks, rest});
  config.approvals.wait = Millis(0);
  World world(config);
  const std::string call = R"({"name":"one__echo","arguments":{"text":"hello"}})";
  const std::string first = world.text(Method::tools_call, call);
  EXPECT_NE(first.find("waits for the approval of somebody else"), std::string::npos) << first;
  auto waiting = world.loop.block_on(world.gateway->approvals().list());
  ASSERT_TRUE(waiting.ok());
  ASSERT_EQ(waiting->size(), 1u);
  EXPECT_EQ(waiting->front().caller, "local");
  EXPECT_EQ(waiting->front().arguments, R"({"text":"hello"})");
  Decider here{Decider::Kind::operator_here, "operator root", {}};
  here.who.owner = "root";
  ASSERT_TRUE(world.loop.block_on(world.gateway->approvals().decide(waiting->front().id, here, {true, "", {}})).ok());
  EXPECT_NE(world.text(Method::tools_call, call).find("\"hello\""), std::string::npos);
  EXPECT_NE(world.text(Method::tools_call, call).find("waits for the approval"), std::string::npos);
  EXPECT_NE(world.book.calls.front().message.find("waits for the approval"), std::string::npos);
  EXPECT_EQ(world.book.calls.front().error, Code::denied);
}

TEST(GatewayApprovals, ALineLimitsHowOftenItLetsACallThrough) {
  using namespace gateway::testing_world;
  gateway::Config config;
  config.servers = {builtin("one")};
  authz::Rule line;
  line.place = "g.yaml:1:1";
  line.then = authz::Verdict::allow;
  line.limit = authz::UseLimit{0.001, 2};
  config.rules = authz::RuleSet::make({line});
  World world(config);
  const std::string call = R"({"name":"one__echo","arguments":{"text":"hello"}})";
  EXPECT_NE(world.text(Method::tools_call, call).find("hello"), std::string::npos);
  EXPECT_NE(world.text(Method::tools_call, call).find("hello"), std::string::npos);
  auto over = world.ask(Method::tools_call, call);
  ASSERT_TRUE(over.ok() && over->error());
  EXPECT_NE(over->error()->message.find("limits how often"), std::string::npos);
  EXPECT_NE(world.text(Method::tools_list, "{}").find("one__echo"), std::string::npos) << "lists are not counted";
}

}  // namespace
