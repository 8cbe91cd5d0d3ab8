#include "gateway/listeners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/versions/versions.h"
#include "sdk/session.h"

namespace {

using base::Code;
using base::Loop;
using base::Result;
using base::Task;
using gateway::ChangeFilter;
using gateway::Listeners;
using protocol::DefinitionKind;
using protocol::Method;
using testing::ElementsAre;
using testing::IsEmpty;

// An outlet that keeps what it is told.
class Ears final : public sdk::Outlet {
 public:
  explicit Ears(Loop& loop) : loop_(loop) {}
  Result<> notify(Method method, std::string_view params) override {
    heard.push_back(std::string(protocol::method_name(method)) + " " + std::string(params));
    return {};
  }
  Task<std::string> request(Method, std::string) override { co_return base::Error(Code::denied, "no"); }
  std::stop_token stop_token() const override { return {}; }
  Loop& loop() override { return loop_; }
  std::vector<std::string> heard;

 private:
  Loop& loop_;
};

ChangeFilter filter_of(std::string_view notifications) {
  auto filter = *gateway::parse_change_filter(notifications);
  filter.subscription_id = "7";
  filter.caller = "ann";
  return filter;
}

const std::string kMeta = R"("_meta":{"io.modelcontextprotocol/subscriptionId":7})";

TEST(ChangeFilter, IsReadAndWritten) {
  const char* text = R"({"toolsListChanged":true,"resourceSubscriptions":["vault:///a","x:1"],"taskIds":["t"]})";
  EXPECT_EQ(gateway::encode_change_filter(*gateway::parse_change_filter(text)), text);
  EXPECT_EQ(gateway::encode_change_filter(*gateway::parse_change_filter(R"({"unknown":3,"promptsListChanged":false})")), "{}");
  for (const char* bad : {"", "[]", R"({"toolsListChanged":1})", R"({"resourceSubscriptions":[1]})", R"({"taskIds":"t"})"})
    EXPECT_FALSE(gateway::parse_change_filter(bad).ok()) << bad;
}

TEST(Listeners, NothingIsToldBeforeTheAcknowledgementAndNothingIsLostByIt) {
  Loop loop;
  Listeners listeners;
  Ears ears(loop);
  ChangeFilter filter = filter_of(R"({"toolsListChanged":true})");
  Listeners::Seat seat(listeners, filter, ears);
  seat.updated("x:1");
  seat.updated("x:1");
  listeners.list_changed("one", DefinitionKind::tool);
  EXPECT_THAT(ears.heard, IsEmpty());
  filter.uris = {"x:1"};
  ASSERT_TRUE(seat.acknowledge(filter).ok());
  ASSERT_EQ(ears.heard.size(), 3u);
  EXPECT_THAT(ears.heard[0], testing::StartsWith("notifications/subscriptions/acknowledged "));
  EXPECT_THAT(ears.heard[0], testing::HasSubstr(R"({"toolsListChanged":true,"resourceSubscriptions":["x:1"]})"));
  EXPECT_THAT(ears.heard[0], testing::HasSubstr(kMeta));
  seat.updated("x:1/y");
  EXPECT_EQ(ears.heard.back(), "notifications/resources/updated {\"uri\":\"x:1/y\"," + kMeta + "}");
}

TEST(Listeners, ListChangesGoToTheRoutesOfTheServer) {
  Loop loop;
  Listeners listeners;
  Ears all(loop), here(loop), there(loop), prompts(loop);
  ChangeFilter filter = filter_of(R"({"toolsListChanged":true})");
  filter.subscription_id.clear();
  Listeners::Seat one(listeners, filter, all);
  filter.server = "one";
  Listeners::Seat two(listeners, filter, here);
  filter.server = "two";
  Listeners::Seat three(listeners, filter, there);
  Listeners::Seat four(listeners, *gateway::parse_change_filter(R"({"promptsListChanged":true})"), prompts);
  listeners.list_changed("one", DefinitionKind::tool);
  EXPECT_THAT(all.heard, ElementsAre("notifications/tools/list_changed {}"));
  EXPECT_THAT(here.heard, ElementsAre("notifications/tools/list_changed {}"));
  EXPECT_THAT(there.heard, IsEmpty());
  EXPECT_THAT(prompts.heard, IsEmpty());
}

TEST(Listeners, ASessionHearsOnItsOwnStreamOnly) {
  Loop loop;
  Listeners listeners;
  Ears mine(loop), other(loop);
  sdk::SessionTable sessions;
  ChangeFilter filter;
  auto session = [] { return std::make_shared<sdk::Session>("s", protocol::LegacySession(protocol::RevisionSet())); };
  filter.session = session();
  const sdk::Session& one = *filter.session;
  Listeners::Seat seat(listeners, filter, mine);
  filter.session = session();
  Listeners::Seat elsewhere(listeners, filter, other);
  listeners.updated(one, "x:1");
  listeners.tell(one, Method::tasks_status, R"({"taskId":"t"})");
  EXPECT_THAT(mine.heard, ElementsAre(R"(notifications/resources/updated {"uri":"x:1"})", R"(notifications/tasks/status {"taskId":"t"})"));
  EXPECT_THAT(other.heard, IsEmpty());
}

TEST(Listeners, ATaskIsToldToWhomItIsFor) {
  Loop loop;
  Listeners listeners;
  Ears mine(loop), others(loop);
  ChangeFilter filter = filter_of(R"({"taskIds":["t"]})");
  Listeners::Seat one(listeners, filter, mine);
  Listeners::Seat two(listeners, filter, others);
  for (auto* seat : {&one, &two}) ASSERT_TRUE(seat->acknowledge(filter).ok());
  one.task_changed(R"({"taskId":"t"})");
  EXPECT_EQ(mine.heard.back(), "notifications/tasks {\"taskId\":\"t\"," + kMeta + "}");
  EXPECT_EQ(others.heard.size(), 1u);
}

}  // namespace
