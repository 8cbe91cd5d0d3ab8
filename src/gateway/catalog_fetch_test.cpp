#include "gateway/catalog_fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/upstream/fake_link.h"

namespace {

using base::Code;
using base::Loop;
using base::Millis;
using base::Result;
using gateway::DefinitionKind;
using gateway::FakeServer;
using gateway::FetchedList;
using gateway::ServerConfig;
using gateway::Upstream;
using protocol::CacheScope;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

struct World {
  World() {
    ServerConfig config;
    config.id = "fake";
    config.connect_timeout = Millis(5'000);
    upstream = std::make_shared<Upstream>(loop, config, gateway::fake_opener(loop, server), gateway::LinkEvents{});
  }
  ~World() { EXPECT_TRUE(loop.block_on(upstream->close()).ok()); }
  Result<FetchedList> fetch(DefinitionKind kind = DefinitionKind::tool) {
    return loop.block_on(gateway::fetch_list(upstream, {"ann", R"({"roots":{}})", {}}, {}, kind));
  }
  Loop loop;
  FakeServer server;
  std::shared_ptr<Upstream> upstream;
};

std::string page(std::string_view name, std::string_view more) {
  return R"({"tools":[{"name":")" + std::string(name) + R"(","inputSchema":{"type":"object"}}])" + std::string(more) + "}";
}

TEST(FetchList, TakesAllPagesAndTheLeastOfWhatTheySay) {
  World w;
  w.server.capabilities = R"({"tools":{"listChanged":true}})";
  w.server.answers = {page("a", R"(,"nextCursor":"p\"2","ttlMs":9000,"cacheScope":"public","x":1)"),
                      page("b", R"(,"ttlMs":4000,"cacheScope":"public")")};
  auto list = w.fetch();
  ASSERT_TRUE(list.ok()) << list.error().message;
  EXPECT_THAT(list->list.items, SizeIs(2));
  EXPECT_THAT(w.server.asked, ElementsAre("tools/list {}", R"(tools/list {"cursor":"p\"2"})"));
  EXPECT_EQ(w.server.audiences[0].caller, "ann");
  EXPECT_EQ(w.server.audiences[1].capabilities, R"({"roots":{}})");
  EXPECT_TRUE(list->modern && list->announces);
  EXPECT_EQ(list->hints.ttl, Millis(4'000));
  EXPECT_EQ(list->hints.scope, CacheScope::shared);
  EXPECT_EQ(list->list.extra, "");
}

TEST(FetchList, KeepsWhatElseStandsInTheOnlyPage) {
  World w;
  w.server.answers = {page("a", R"(,"resultType":"complete","_meta":{"v":1},"ttlMs":-3,"cacheScope":"everybody","x":[1])")};
  auto list = w.fetch();
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->list.extra, R"(,"_meta":{"v":1},"x":[1])");
  EXPECT_EQ(list->hints.ttl, Millis(0));
  EXPECT_EQ(list->hints.scope, CacheScope::priv);
}

TEST(FetchList, AListThatNeverEndsIsCut) {
  World w;
  for (int i = 0; i < 3; ++i) w.server.answers.push_back(page("a", R"(,"nextCursor":"again")"));
  ASSERT_TRUE(w.fetch().ok());
  EXPECT_THAT(w.server.asked, SizeIs(2));
}

TEST(FetchList, WhatAServerDoesNotHaveIsEmpty) {
  World w;
  auto prompts = w.fetch(DefinitionKind::prompt);
  ASSERT_TRUE(prompts.ok());
  EXPECT_THAT(prompts->list.items, SizeIs(0));
  EXPECT_THAT(w.server.asked, SizeIs(0));
}

TEST(FetchList, AListThatMakesNoSenseIsItsFault) {
  World w;
  w.server.answers = {std::string(R"({"tools":7})")};
  auto list = w.fetch();
  ASSERT_FALSE(list.ok());
  EXPECT_EQ(list.error().code, Code::upstream_failed);
  EXPECT_THAT(list.error().message, HasSubstr("server 'fake': tools/list"));
}

}  // namespace
