#include "gateway/upstream/upstream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/upstream/fake_link.h"

namespace {

using base::Code;
using base::Loop;
using base::Millis;
using base::Result;
using base::Task;
using gateway::DefinitionKind;
using gateway::FakeServer;
using gateway::LinkRequest;
using gateway::ServerConfig;
using gateway::Upstream;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

ServerConfig config() {
  ServerConfig server;
  server.id = "fake";
  server.connect_timeout = Millis(5'000);
  return server;
}

struct World {
  Loop loop;
  FakeServer server;
  Upstream upstream{loop, config(), gateway::fake_opener(loop, server), {}};
  ~World() { EXPECT_TRUE(loop.block_on(upstream.close()).ok()); }

  LinkRequest call(Millis within = Millis(5'000)) {
    LinkRequest request;
    request.method = protocol::Method::tools_call;
    request.params = R"({"name":"t"})";
    request.deadline = base::Timers::now() + within;
    return request;
  }
  Result<sdk::Reply> ask(Millis within = Millis(5'000)) { return loop.block_on(upstream.request(call(within))); }
};

TEST(Upstream, StartsAtTheFirstUseAndOnlyOnce) {
  World w;
  EXPECT_EQ(w.upstream.status().state, "idle");
  w.server.answers = {std::string("{\"a\":1}"), std::string("{\"a\":2}")};
  EXPECT_EQ(w.ask()->result(), "{\"a\":1}");
  EXPECT_EQ(w.ask()->result(), "{\"a\":2}");
  EXPECT_EQ(w.server.opened, 1);
  EXPECT_EQ(w.upstream.status().state, "up");
}

Task<void> ask_into(Upstream* upstream, LinkRequest request, std::vector<std::string>* out) {
  Result<sdk::Reply> reply = co_await upstream->request(std::move(request)).result();
  out->push_back(reply ? std::string(reply->result()) : reply.error().message);
}

TEST(Upstream, ManyCallersShareOneStart) {
  World w;
  base::OneShot<void> ready;
  w.server.hold_start = &ready;
  w.server.answers = {std::string("1"), std::string("2"), std::string("3")};
  std::vector<std::string> out;
  base::TaskGroup group;
  for (int i = 0; i < 3; ++i) group.spawn(ask_into(&w.upstream, w.call(), &out));
  EXPECT_EQ(w.upstream.status().state, "starting");
  w.loop.post([&] { ready.set(Result<>()); });
  ASSERT_TRUE(w.loop.block_on(group.join()).ok());
  EXPECT_EQ(w.server.opened, 1);
  EXPECT_THAT(out, SizeIs(3));
  w.server.hold_start = nullptr;
}

TEST(Upstream, ACallerThatGivesUpDoesNotStopTheStart) {
  World w;
  base::OneShot<void> ready;
  w.server.hold_start = &ready;
  std::stop_source stop;
  LinkRequest request = w.call();
  request.stop = stop.get_token();
  w.loop.post([&] { stop.request_stop(); });
  auto reply = w.loop.block_on(w.upstream.request(std::move(request)));
  EXPECT_EQ(reply.error().code, Code::cancelled);
  ready.set(Result<>());
  w.server.hold_start = nullptr;
  w.server.answers = {std::string("{}")};
  EXPECT_TRUE(w.ask().ok());
  EXPECT_EQ(w.server.opened, 1);
}

TEST(Upstream, AFailedStartIsToldWithTheServersNameAndTriedAgain) {
  World w;
  w.server.open_errors = {"no such program"};
  auto reply = w.ask();
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, Code::unavailable);
  EXPECT_EQ(reply.error().message, "server 'fake': no such program");
  EXPECT_EQ(w.upstream.status().state, "down");
  EXPECT_EQ(w.upstream.status().reason, "no such program");
  w.server.answers = {std::string("{}")};
  EXPECT_TRUE(w.ask().ok());
}

TEST(Upstream, ADeadOneIsStartedAgainAtTheNextCall) {
  World w;
  w.server.answers = {std::string("{}"), base::Error(Code::unavailable, "killed by SIGKILL"), std::string("{}")};
  EXPECT_TRUE(w.ask().ok());
  auto lost = w.ask();
  EXPECT_EQ(lost.error().message, "server 'fake': killed by SIGKILL");
  w.server.alive = false;
  EXPECT_EQ(w.upstream.status().state, "down");
  EXPECT_EQ(w.upstream.status().reason, "killed by SIGKILL");
  EXPECT_TRUE(w.ask().ok());
  EXPECT_EQ(w.server.opened, 2);
  EXPECT_EQ(w.server.closed, 1);
}

TEST(Upstream, ACrashLoopIsBraked) {
  World w;
  w.server.open_errors = {"1", "2", "3", "4", "5", "6"};
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(w.ask().ok());
  auto braked = w.ask();
  EXPECT_EQ(w.server.opened, 5);
  EXPECT_THAT(braked.error().message, HasSubstr("left alone"));
  EXPECT_THAT(braked.error().message, HasSubstr("the last time: 5"));
}

TEST(Upstream, AHangingStartEndsWithTheCallersDeadlineAndWithTheGateway) {
  World w;
  w.server.hang_at_start = true;
  auto reply = w.ask(Millis(30));
  EXPECT_EQ(reply.error().code, Code::timeout);
  EXPECT_EQ(w.upstream.status().state, "starting");
  ASSERT_TRUE(w.loop.block_on(w.upstream.close()).ok());
  EXPECT_EQ(w.ask().error().code, Code::unavailable);
}

TEST(Upstream, ACallThatIsNeverAnsweredEndsWithItsDeadline) {
  World w;
  auto reply = w.ask(Millis(30));
  EXPECT_EQ(reply.error().code, Code::timeout);
  EXPECT_THAT(reply.error().message, HasSubstr("server 'fake'"));
}

TEST(Upstream, FetchesWhatItOffersOverAllPages) {
  World w;
  w.server.capabilities = R"({"tools":{},"prompts":{}})";
  w.server.answers = {std::string(R"({"tools":[{"name":"a","inputSchema":{"type":"object"}}],"nextCursor":"p\"2"})"),
                      std::string(R"({"tools":[{"name":"b","inputSchema":{"type":"object"}}]})"), std::string(R"({"prompts":[]})")};
  auto catalog = w.loop.block_on(w.upstream.fetch());
  ASSERT_TRUE(catalog.ok()) << catalog.error().message;
  EXPECT_THAT(catalog->list(DefinitionKind::tool), SizeIs(2));
  EXPECT_EQ(catalog->instructions, "be kind");
  EXPECT_THAT(w.server.asked, ElementsAre("tools/list {}", R"(tools/list {"cursor":"p\"2"})", "prompts/list {}"));
}

TEST(Upstream, AListThatNeverEndsIsCut) {
  World w;
  for (int i = 0; i < 3; ++i)
    w.server.answers.push_back(std::string(R"({"tools":[{"name":"a","inputSchema":{"type":"object"}}],"nextCursor":"again"})"));
  auto catalog = w.loop.block_on(w.upstream.fetch());
  ASSERT_TRUE(catalog.ok());
  EXPECT_THAT(w.server.asked, SizeIs(2));
}

TEST(Upstream, AListThatMakesNoSenseIsItsFault) {
  World w;
  w.server.answers = {std::string(R"({"tools":7})")};
  auto catalog = w.loop.block_on(w.upstream.fetch());
  ASSERT_FALSE(catalog.ok());
  EXPECT_EQ(catalog.error().code, Code::upstream_failed);
  EXPECT_THAT(catalog.error().message, HasSubstr("server 'fake': tools/list"));
}

}  // namespace
