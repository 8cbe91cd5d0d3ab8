#include "gateway/catalog_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "gateway/upstream/fake_link.h"

namespace {

using base::Code;
using base::Loop;
using base::Millis;
using base::Result;
using gateway::CatalogSource;
using gateway::Config;
using gateway::DefinitionKind;
using gateway::FakeServer;
using gateway::ServerConfig;
using gateway::Upstream;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::string kTools = R"({"tools":[{"name":"t","inputSchema":{"type":"object"}}]})";

class World {
 public:
  explicit World(std::initializer_list<std::string> ids, std::string path = ":memory:", Millis patience = Millis(5'000)) {
    for (const auto& id : ids) {
      ServerConfig server;
      server.id = id;
      server.connect_timeout = Millis(5'000);
      config.servers.push_back(server);
    }
    store = std::move(*store::open_store("sqlite:" + path));
    source = std::make_unique<CatalogSource>(
        CatalogSource::Parts{std::make_shared<const Config>(config), loop, pool, store->catalogs(), listeners, patience});
    for (const ServerConfig& server : config.servers) {
      auto& fake = fakes[server.id];
      upstreams.push_back(std::make_shared<Upstream>(loop, server, gateway::fake_opener(loop, fake), gateway::LinkEvents{}));
      source->add(upstreams.back());
    }
    EXPECT_TRUE(source->load().ok());
  }
  ~World() { stop(); }
  void stop() {
    if (!source) return;
    for (auto& upstream : upstreams) EXPECT_TRUE(loop.block_on(upstream->close()).ok());
    EXPECT_TRUE(loop.block_on(source->stop()).ok());
    source.reset();
  }
  std::string tools() const { return source->current()->list(DefinitionKind::tool); }

  Loop loop;
  base::BlockingPool pool{1};
  Config config;
  gateway::Listeners listeners;
  std::unique_ptr<store::Store> store;
  std::map<std::string, FakeServer> fakes;
  std::vector<std::shared_ptr<Upstream>> upstreams;
  std::unique_ptr<CatalogSource> source;
};

TEST(CatalogSource, AsksAllAtOnceAndOneThatFailsIsSimplyNotThere) {
  World w{"good", "bad"};
  w.fakes["good"].answers = {kTools};
  w.fakes["bad"].open_errors = {"no such program"};
  ASSERT_TRUE(w.loop.block_on(w.source->settle(std::stop_token{})).ok());
  EXPECT_THAT(w.tools(), HasSubstr("good__t"));
  EXPECT_THAT(w.tools(), Not(HasSubstr("bad__")));
  EXPECT_EQ(w.upstreams[1]->status().reason, "no such program");
  // It rests a while: the next list does not start it again.
  ASSERT_TRUE(w.loop.block_on(w.source->settle(std::stop_token{})).ok());
  EXPECT_EQ(w.fakes["bad"].opened, 1);
}

TEST(CatalogSource, OneThatHangsIsWaitedForOnceAndNotAgain) {
  World w({"good", "slow"}, ":memory:", Millis(50));
  w.fakes["good"].answers = {kTools};
  w.fakes["slow"].hang_at_start = true;
  ASSERT_TRUE(w.loop.block_on(w.source->settle(std::stop_token{})).ok());
  EXPECT_THAT(w.tools(), HasSubstr("good__t"));
  EXPECT_EQ(w.upstreams[1]->status().state, "starting");
  auto again = w.source->settle(std::stop_token{});
  ASSERT_TRUE(w.loop.block_on(std::move(again)).ok());
  EXPECT_EQ(w.fakes["slow"].opened, 1);
}

TEST(CatalogSource, ACallForWhatNobodyOfferedYetWaitsLongerThanAList) {
  World w({"slow"}, ":memory:", Millis(1));
  base::OneShot<void> ready;
  w.fakes["slow"].hold_start = &ready;
  w.fakes["slow"].answers = {kTools};
  w.loop.timers().add(base::Timers::now() + Millis(60), [&] { ready.set(Result<>()); });
  ASSERT_TRUE(w.loop.block_on(w.source->settle(std::stop_token{})).ok());
  EXPECT_THAT(w.tools(), Not(HasSubstr("slow__t")));
  ASSERT_TRUE(w.loop.block_on(w.source->settle(std::stop_token{}, CatalogSource::Wait::fully)).ok());
  EXPECT_THAT(w.tools(), HasSubstr("slow__t"));
}

class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "gatehouse-source-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file() const { return path_ / "store.db"; }

 private:
  std::filesystem::path path_;
};

TEST(CatalogSource, AfterTheFirstRunTheStoreAnswersAndTheUpstreamIsAskedBehind) {
  Folder folder;
  {
    World w({"one"}, folder.file());
    w.fakes["one"].answers = {kTools};
    ASSERT_TRUE(w.loop.block_on(w.source->settle(std::stop_token{})).ok());
  }
  World w({"one"}, folder.file());
  EXPECT_THAT(w.tools(), HasSubstr("one__t"));
  EXPECT_EQ(w.fakes["one"].opened, 0);
  base::OneShot<void> ready;
  w.fakes["one"].hold_start = &ready;
  w.fakes["one"].answers = {std::string(R"({"tools":[{"name":"new","inputSchema":{"type":"object"}}]})")};
  ASSERT_TRUE(w.loop.block_on(w.source->settle(std::stop_token{})).ok());  // does not wait for the start
  EXPECT_THAT(w.tools(), HasSubstr("one__t"));
  ready.set(Result<>());
  EXPECT_THAT(w.tools(), HasSubstr("one__new"));
}

TEST(CatalogSource, WhatWasStoredUnderAnotherConfigIsNotUsed) {
  Folder folder;
  {
    World w({"one"}, folder.file());
    w.fakes["one"].answers = {kTools};
    ASSERT_TRUE(w.loop.block_on(w.source->settle(std::stop_token{})).ok());
    ASSERT_TRUE(w.store->catalogs().save({"one", "another fingerprint", w.source->current()->offers()[0]->encode()}).ok());
    w.stop();
    ASSERT_TRUE(w.store->catalogs().save({"one", "another fingerprint", "{}"}).ok());
  }
  World w({"one"}, folder.file());
  EXPECT_EQ(w.tools(), R"({"tools":[]})");
}

TEST(CatalogSource, OneServerIsWaitedForAsLongAsItMayTake) {
  World w({"one", "two"}, ":memory:", Millis(1));
  base::OneShot<void> ready;
  w.fakes["one"].hold_start = &ready;
  w.fakes["one"].answers = {kTools};
  w.loop.timers().add(base::Timers::now() + Millis(30), [&] { ready.set(Result<>()); });
  ASSERT_TRUE(w.loop.block_on(w.source->settle("one", {})).ok());
  EXPECT_NE(w.source->current()->find(DefinitionKind::tool, "one__t"), nullptr);
  EXPECT_EQ(w.fakes["two"].opened, 0);
  EXPECT_EQ(w.loop.block_on(w.source->settle("nobody", {})).error().code, Code::not_found);
  w.fakes["two"].open_errors = {"broken"};
  EXPECT_THAT(w.loop.block_on(w.source->settle("two", {})).error().message, HasSubstr("server 'two': broken"));
}

// An outlet that keeps what it is told.
class Ears final : public sdk::Outlet {
 public:
  explicit Ears(Loop& loop) : loop_(loop) {}
  Result<> notify(protocol::Method method, std::string_view params) override {
    heard.push_back(std::string(protocol::method_name(method)) + " " + std::string(params));
    return {};
  }
  base::Task<std::string> request(protocol::Method, std::string) override { co_return base::Error(Code::denied, "no"); }
  std::stop_token stop_token() const override { return {}; }
  Loop& loop() override { return loop_; }
  std::vector<std::string> heard;

 private:
  Loop& loop_;
};

TEST(CatalogSource, ChangesAreToldToThoseWhoListen) {
  World w{"one"};
  w.fakes["one"].answers = {kTools};
  ASSERT_TRUE(w.loop.block_on(w.source->settle(std::stop_token{})).ok());
  Ears all(w.loop), prompts(w.loop), elsewhere(w.loop);
  auto tools = *gateway::parse_change_filter(R"({"toolsListChanged":true})");
  tools.subscription_id = "\"s1\"";
  gateway::Listeners::Seat one(w.listeners, tools, all);
  gateway::Listeners::Seat two(w.listeners, *gateway::parse_change_filter(R"({"promptsListChanged":true})"), prompts);
  tools.server = "other";
  gateway::Listeners::Seat three(w.listeners, tools, elsewhere);
  ASSERT_TRUE(one.acknowledge(tools).ok());
  all.heard.clear();
  w.fakes["one"].answers = {kTools, std::string(R"({"tools":[]})")};
  w.source->refresh("one");  // the same again: nothing to tell
  EXPECT_THAT(all.heard, SizeIs(0));
  w.source->refresh("one");
  EXPECT_THAT(all.heard,
              testing::ElementsAre(R"(notifications/tools/list_changed {"_meta":{"io.modelcontextprotocol/subscriptionId":"s1"}})"));
  EXPECT_THAT(prompts.heard, SizeIs(0));
  EXPECT_THAT(elsewhere.heard, SizeIs(0));
  all.heard.clear();
  w.fakes["one"].answers = {base::Error(Code::timeout, "slow"), std::string(R"({"tools":[]})")};
  w.source->refresh("one", DefinitionKind::tool);  // cannot be had now
  EXPECT_THAT(all.heard, SizeIs(0));
  w.source->refresh("one");
  EXPECT_THAT(all.heard, SizeIs(1));  // it said so, though the list is the same
}

}  // namespace
