#include "gateway/bridge/session_handles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace {

using gateway::Audience;
using gateway::DefinitionKind;
using gateway::SessionHandles;
using testing::HasSubstr;
using testing::SizeIs;

const Audience kAnn{"ann", "{}", {}};
const base::Instant kNow = base::Timers::now();

TEST(SessionHandles, BelongToOneCallerAndOneServer) {
  SessionHandles handles;
  std::string one = *handles.open("shop", kAnn, kNow), two = *handles.open("shop", kAnn, kNow);
  EXPECT_NE(handles.use(one, "shop", "ann", kNow)->handle, handles.use(two, "shop", "ann", kNow)->handle);
  EXPECT_FALSE(handles.use(one, "shop", "ben", kNow));
  EXPECT_FALSE(handles.use(one, "other", "ann", kNow));
  EXPECT_FALSE(handles.use("made up", "shop", "ann", kNow));
  handles.close(one);
  EXPECT_FALSE(handles.use(one, "shop", "ann", kNow));
}

TEST(SessionHandles, EndWhenIdleAndAreBounded) {
  SessionHandles handles({.most = 1, .idle = base::Millis(1'000)});
  std::string one = *handles.open("shop", kAnn, kNow);
  EXPECT_TRUE(handles.use(one, "shop", "ann", kNow + base::Millis(900)));
  EXPECT_TRUE(handles.use(one, "shop", "ann", kNow + base::Millis(1'800)));
  EXPECT_EQ(handles.open("shop", kAnn, kNow + base::Millis(2'000)).error().code, mcp::Code::rate_limited);
  EXPECT_FALSE(handles.use(one, "shop", "ann", kNow + base::Millis(3'000)));
  EXPECT_TRUE(handles.open("shop", kAnn, kNow + base::Millis(3'000)).ok());
}

TEST(SessionHandles, ToolsTakeASessionAndTwoAreNew) {
  auto read = protocol::read_definitions(
      DefinitionKind::tool,
      R"({"tools":[{"name":"add","inputSchema":{"type":"object","properties":{"x":{"type":"string"}},"required":["x"]}},{"name":"plain","inputSchema":{"type":"object"}},{"name":"open_session","inputSchema":{"type":"object"}}]})");
  std::vector<protocol::Definition> tools = std::move(read->items);
  EXPECT_THAT(gateway::add_session_tools(tools), SizeIs(1));
  ASSERT_THAT(tools, SizeIs(4));
  EXPECT_THAT(tools[0].raw, HasSubstr(R"("properties":{"x":{"type":"string"},"session":{)"));
  EXPECT_THAT(tools[1].raw, HasSubstr(R"("session":{"type":"string")"));
  EXPECT_EQ(tools[2].key, "open_session");
  EXPECT_EQ(tools[3].key, "close_session");
  EXPECT_EQ(gateway::without_session(R"({"x":"a","session":"s"})"), R"({"x":"a"})");
}

}  // namespace
