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
using gateway::Viewer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::string kTools = R"({"tools":[{"name":"t","inputSchema":{"type":"object"}}]})";

std::string tools(std::string_view name, std::string_view more = "") {
  return R"({"tools":[{"name":")" + std::string(name) + R"(","inputSchema":{"type":"object"}}])" + std::string(more) + "}";
}

Viewer who(std::string caller, std::string capabilities = "{}") { return {{std::move(caller), std::move(capabilities), {}}, nullptr}; }

class World {
 public:
  explicit World(std::initializer_list<std::string> ids, std::string path = ":memory:", Millis patience = Millis(5'000)) {
    for (const auto& id : ids) {
      ServerConfig server;
      server.id = id;
      server.kind = ServerConfig::Kind::url;
      server.connect_timeout = Millis(5'000);
      config.servers.push_back(server);
      fakes[id].revision = &protocol::latest_legacy();
    }
    store = std::move(*store::open_store("sqlite:" + path));
    source = std::make_unique<CatalogSource>(CatalogSource::Parts{std::make_shared<const Config>(config), loop, pool, store->catalogs(),
                                                                  listeners, patience, patience, [this] { return now; }});
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
  // What a list of all servers is for this one.
  std::string list(const Viewer& viewer = who("ann"), CatalogSource::Wait how = CatalogSource::Wait::briefly) {
    EXPECT_TRUE(loop.block_on(source->settle(viewer, {DefinitionKind::tool}, {}, how)).ok());
    return known(viewer);
  }
  Result<> list_one(std::string server, const Viewer& viewer = who("ann")) {
    return loop.block_on(source->settle_one(std::move(server), viewer, {DefinitionKind::tool}, {}));
  }
  std::string known(const Viewer& viewer = who("ann")) const { return source->all(viewer)->list(DefinitionKind::tool); }
  std::size_t asked(const std::string& server = "one") { return fakes[server].asked.size(); }

  Loop loop;
  base::BlockingPool pool{1};
  Config config;
  base::Instant now = base::Timers::now();
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
  std::string all = w.list();
  EXPECT_THAT(all, HasSubstr("good__t"));
  EXPECT_THAT(all, Not(HasSubstr("bad__")));
  EXPECT_EQ(w.upstreams[1]->status().reason, "no such program");
  // It rests a while: the next list does not start it again.
  w.list();
  EXPECT_EQ(w.fakes["bad"].opened, 1);
}

TEST(CatalogSource, OneThatHangsIsWaitedForOnceAndNotAgain) {
  World w({"good", "slow"}, ":memory:", Millis(50));
  w.fakes["good"].answers = {kTools};
  w.fakes["slow"].hang_at_start = true;
  EXPECT_THAT(w.list(), HasSubstr("good__t"));
  EXPECT_EQ(w.upstreams[1]->status().state, "starting");
  w.list();
  EXPECT_EQ(w.fakes["slow"].opened, 1);
}

TEST(CatalogSource, ACallForWhatNobodyOfferedYetWaitsLongerThanAList) {
  World w({"slow"}, ":memory:", Millis(1));
  base::OneShot<void> ready;
  w.fakes["slow"].hold_start = &ready;
  w.fakes["slow"].answers = {kTools};
  w.loop.timers().add(base::Timers::now() + Millis(60), [&] { ready.set(Result<>()); });
  EXPECT_THAT(w.list(), Not(HasSubstr("slow__t")));
  EXPECT_THAT(w.list(who("ann"), CatalogSource::Wait::fully), HasSubstr("slow__t"));
}

TEST(CatalogSource, EachAudienceOfALegacyUpstreamHasItsOwnList) {
  World w{"one"};
  w.fakes["one"].answer = [](const auto& request) { return tools(request.audience.capabilities == "{}" ? "few" : "many"); };
  const std::string roots = R"({"roots":{}})";
  EXPECT_THAT(w.list(who("ann")), HasSubstr("one__few"));
  EXPECT_THAT(w.list(who("ann", roots)), HasSubstr("one__many"));
  EXPECT_THAT(w.list(who("bob")), HasSubstr("one__few"));
  EXPECT_THAT(w.known(who("ann")), HasSubstr("one__few"));
  EXPECT_EQ(w.asked(), 3u);
  EXPECT_THAT(w.known(who("eve")), Not(HasSubstr("one__")));
  // Equal lists are one in memory.
  EXPECT_EQ(w.source->all(who("ann")), w.source->all(who("bob")));
  EXPECT_NE(w.source->all(who("ann")), w.source->all(who("ann", roots)));
  // Whose list it is does not matter to who only looks for a way.
  EXPECT_NE(w.source->any("one"), nullptr);
  EXPECT_EQ(w.source->tools("one"), 1u);
}

TEST(CatalogSource, CapabilitiesThatALegacyUpstreamDoesNotLookAtAreAskedWithOnce) {
  World w{"one"};
  w.fakes["one"].answer = [](const auto&) { return tools("t"); };
  const std::string roots = R"({"roots":{}})";
  w.list(who("ann"));
  w.list(who("ann", roots));
  EXPECT_EQ(w.asked(), 2u);
  w.list(who("bob", roots));
  EXPECT_EQ(w.asked(), 3u);
  w.list(who("bob"));
  w.list(who("bob", roots));
  EXPECT_EQ(w.asked(), 3u);
  // It says that something changed: that may be this.
  w.fakes["one"].answer = [](const auto& request) { return tools(request.audience.capabilities == "{}" ? "few" : "many"); };
  w.source->changed("one", protocol::Method::tools_list_changed);
  EXPECT_THAT(w.list(who("bob", roots)), HasSubstr("one__many"));
  EXPECT_THAT(w.list(who("bob")), HasSubstr("one__few"));
}

TEST(CatalogSource, WhatAModernUpstreamCallsPublicIsEverybodysAndTheRestIsNot) {
  World w{"one"};
  w.fakes["one"].revision = &protocol::latest_modern();
  w.fakes["one"].answer = [](const auto&) { return tools("t", R"(,"ttlMs":60000,"cacheScope":"public")"); };
  w.list(who("ann"));
  EXPECT_THAT(w.list(who("bob")), HasSubstr("one__t"));
  EXPECT_EQ(w.asked(), 1u);
  w.list(who("bob", R"({"roots":{}})"));
  EXPECT_EQ(w.asked(), 2u);
  EXPECT_EQ(w.source->hints("one", who("bob"), DefinitionKind::tool).scope, protocol::CacheScope::shared);

  // The next time it is bob's alone.
  w.now += Millis(60'001);
  w.fakes["one"].answer = [](const auto&) { return tools("bobs", R"(,"ttlMs":60000,"cacheScope":"private")"); };
  EXPECT_THAT(w.list(who("bob")), HasSubstr("one__bobs"));
  EXPECT_THAT(w.known(who("ann")), Not(HasSubstr("one__bobs")));
  EXPECT_EQ(w.source->hints("one", who("bob"), DefinitionKind::tool).scope, protocol::CacheScope::priv);
}

TEST(CatalogSource, AListIsGoodAsLongAsItsServerSays) {
  World w{"one", "two"};
  for (auto& [id, fake] : w.fakes) fake.revision = &protocol::latest_modern();
  w.fakes["one"].answer = [](const auto&) { return tools("t", R"(,"ttlMs":30000,"cacheScope":"public")"); };
  w.fakes["two"].answer = [](const auto&) { return tools("t", R"(,"ttlMs":90000,"cacheScope":"public")"); };
  w.list();
  w.now += Millis(10'000);
  w.list();
  EXPECT_EQ(w.asked("one"), 1u);
  auto both = w.source->hints("", who("ann"), DefinitionKind::tool);
  EXPECT_EQ(both.ttl, Millis(20'000));
  EXPECT_EQ(both.scope, protocol::CacheScope::shared);
  EXPECT_EQ(w.source->hints("two", who("ann"), DefinitionKind::tool).ttl, Millis(80'000));
  w.now += Millis(20'001);
  w.list();
  EXPECT_EQ(w.asked("one"), 2u);
  EXPECT_EQ(w.asked("two"), 1u);
}

TEST(CatalogSource, AListThatIsGoodForNoTimeIsAskedForEachTimeUnlessItsChangesAreAnnounced) {
  World w{"one", "two"};
  for (auto& [id, fake] : w.fakes) {
    fake.revision = &protocol::latest_modern();
    fake.answer = [](const auto&) { return tools("t", R"(,"ttlMs":0,"cacheScope":"private")"); };
  }
  w.fakes["two"].capabilities = R"({"tools":{"listChanged":true}})";
  for (int i = 0; i < 3; ++i) w.list();
  EXPECT_EQ(w.asked("one"), 3u);
  EXPECT_EQ(w.asked("two"), 1u);
  w.source->changed("two", protocol::Method::tools_list_changed);
  w.list();
  EXPECT_EQ(w.asked("two"), 2u);
  w.source->changed("two", protocol::Method::prompts_list_changed);
  w.list();
  EXPECT_EQ(w.asked("two"), 2u);
}

TEST(CatalogSource, ManyWhoWantOneListCostOneRequest) {
  World w{"one"};
  base::OneShot<void> ready;
  w.fakes["one"].hold_answer = &ready;
  w.fakes["one"].answer = [](const auto&) { return tools("t"); };
  base::TaskGroup group;
  int done = 0;
  auto want = [](World* world, int* count) -> base::Task<void> {
    CatalogSource::Kinds kinds(1, DefinitionKind::tool);
    Viewer ann = who("ann");
    co_await world->source->settle(ann, std::move(kinds), std::stop_token());
    ++*count;
  };
  for (int i = 0; i < 20; ++i) group.spawn(want(&w, &done));
  EXPECT_EQ(done, 0);
  ready.set(Result<>());
  EXPECT_EQ(done, 20);
  EXPECT_EQ(w.asked(), 1u);
  EXPECT_TRUE(w.loop.block_on(group.join()).ok());
}

TEST(CatalogSource, AServerThatFailsIsAnsweredForWithItsOldList) {
  World w{"one"};
  w.fakes["one"].revision = &protocol::latest_modern();
  w.fakes["one"].answers = {tools("t", R"(,"ttlMs":10,"cacheScope":"public")"), base::Error(Code::timeout, "no answer")};
  w.list();
  w.now += Millis(11);
  EXPECT_THAT(w.list(), HasSubstr("one__t"));
  EXPECT_EQ(w.asked(), 2u);
  EXPECT_TRUE(w.list_one("one").ok());
  EXPECT_EQ(w.asked(), 2u);  // it rests
  EXPECT_EQ(w.source->hints("one", who("ann"), DefinitionKind::tool).ttl, Millis(0));
}

TEST(CatalogSource, OnlySoManyAudiencesAreKept) {
  World w{"one"};
  w.fakes["one"].answer = [](const auto& request) { return tools("of_" + request.audience.caller); };
  for (int i = 0; i < 70; ++i) EXPECT_THAT(w.list(who("c" + std::to_string(i))), HasSubstr("of_c" + std::to_string(i) + "\""));
  EXPECT_EQ(w.asked(), 70u);
  w.list(who("c69"));
  EXPECT_EQ(w.asked(), 70u);
  EXPECT_THAT(w.list(who("c0")), HasSubstr("of_c0\""));
  EXPECT_EQ(w.asked(), 71u);
}

TEST(CatalogSource, AnotherArrangementKeepsWhatStays) {
  World w{"one", "two"};
  for (auto& [id, fake] : w.fakes) fake.answer = [](const auto&) { return tools("t"); };
  w.list();
  w.source->arrange(std::make_shared<const Config>(w.config), {w.upstreams[1]});
  EXPECT_THAT(w.list(), AllOf(HasSubstr("two__t"), Not(HasSubstr("one__t"))));
  EXPECT_EQ(w.asked("two"), 1u);
  EXPECT_EQ(w.list_one("one").error().code, Code::not_found);
  // What stays may be shown otherwise.
  w.config.servers[1].tools["t"].rename = "renamed";
  w.upstreams[1]->adjust(w.config.servers[1], gateway::fake_opener(w.loop, w.fakes["two"]));
  w.source->arrange(std::make_shared<const Config>(w.config), {w.upstreams[1]});
  EXPECT_THAT(w.list(), HasSubstr("two__renamed"));
  EXPECT_EQ(w.asked("two"), 1u);
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
    w.list();
  }
  World w({"one"}, folder.file());
  EXPECT_THAT(w.known(), HasSubstr("one__t"));
  EXPECT_THAT(w.known(who("bob")), Not(HasSubstr("one__t")));
  EXPECT_EQ(w.fakes["one"].opened, 0);
  base::OneShot<void> ready;
  w.fakes["one"].hold_start = &ready;
  w.fakes["one"].answers = {tools("new")};
  EXPECT_THAT(w.list(), HasSubstr("one__t"));  // does not wait for the start
  ready.set(Result<>());
  EXPECT_THAT(w.known(), HasSubstr("one__new"));
}

TEST(CatalogSource, WhichCapabilitiesDoNotMatterIsKeptToo) {
  Folder folder;
  const std::string roots = R"({"roots":{}})";
  {
    World w({"one"}, folder.file());
    w.fakes["one"].answer = [](const auto&) { return tools("t"); };
    w.list(who("ann"));
    w.list(who("ann", roots));
  }
  World w({"one"}, folder.file());
  w.fakes["one"].answer = [](const auto&) { return tools("t"); };
  w.list(who("ann"));
  w.list(who("ann", roots));
  EXPECT_EQ(w.asked(), 1u);
}

TEST(CatalogSource, WhatWasStoredUnderAnotherConfigIsNotUsed) {
  Folder folder;
  {
    World w({"one"}, folder.file());
    w.fakes["one"].answers = {kTools};
    w.list();
    w.stop();
    auto rows = w.store->catalogs().load();
    ASSERT_THAT(*rows, SizeIs(1));
    (*rows)[0].fingerprint = "another";
    ASSERT_TRUE(w.store->catalogs().save((*rows)[0]).ok());
    ASSERT_TRUE(w.store->catalogs().save({"one/damaged", ServerConfig().fingerprint(), "{}"}).ok());
  }
  World w({"one"}, folder.file());
  EXPECT_EQ(w.known(), R"({"tools":[]})");
}

TEST(CatalogSource, OneServerIsWaitedForAsLongAsItMayTake) {
  World w({"one", "two"}, ":memory:", Millis(1));
  base::OneShot<void> ready;
  w.fakes["one"].hold_start = &ready;
  w.fakes["one"].answers = {kTools};
  w.loop.timers().add(base::Timers::now() + Millis(30), [&] { ready.set(Result<>()); });
  ASSERT_TRUE(w.list_one("one").ok());
  EXPECT_NE(w.source->all(who("ann"))->find(DefinitionKind::tool, "one__t"), nullptr);
  EXPECT_NE(w.source->of("one", who("ann"))->find(DefinitionKind::tool, "t"), nullptr);
  EXPECT_EQ(w.source->of("two", who("ann")), nullptr);
  EXPECT_EQ(w.source->of("nobody", who("ann")), nullptr);
  EXPECT_EQ(w.fakes["two"].opened, 0);
  EXPECT_EQ(w.list_one("nobody").error().code, Code::not_found);
  w.fakes["two"].open_errors = {"broken"};
  EXPECT_THAT(w.list_one("two").error().message, HasSubstr("server 'two': broken"));
}

TEST(CatalogSource, ServersThatWereNeverMetAreWaitedForToPresentThem) {
  World w{"one"};
  w.fakes["one"].answers = {kTools};
  ASSERT_TRUE(w.loop.block_on(w.source->meet(who("ann"), {})).ok());
  EXPECT_EQ(w.source->all(who("bob"))->offer("one")->instructions, "be kind");
  ASSERT_TRUE(w.loop.block_on(w.source->meet_one("one", who("bob"), {})).ok());
  EXPECT_EQ(w.asked(), 1u);
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
  w.list();
  Ears all(w.loop), prompts(w.loop), elsewhere(w.loop);
  auto tools = *gateway::parse_change_filter(R"({"toolsListChanged":true})");
  tools.subscription_id = "\"s1\"";
  gateway::Listeners::Seat one(w.listeners, tools, all);
  gateway::Listeners::Seat two(w.listeners, *gateway::parse_change_filter(R"({"promptsListChanged":true})"), prompts);
  tools.server = "other";
  gateway::Listeners::Seat three(w.listeners, tools, elsewhere);
  ASSERT_TRUE(one.acknowledge(tools).ok());
  all.heard.clear();
  const std::string told = R"(notifications/tools/list_changed {"_meta":{"io.modelcontextprotocol/subscriptionId":"s1"}})";
  w.fakes["one"].answers = {std::string(R"({"tools":[]})"), std::string(R"({"tools":[]})")};
  w.source->changed("one", protocol::Method::tools_list_changed);
  EXPECT_THAT(all.heard, testing::ElementsAre(told));
  w.list();
  w.source->changed("one", protocol::Method::tools_list_changed);  // it said so, though the list is the same
  EXPECT_THAT(all.heard, testing::ElementsAre(told, told));
  // Nobody has looked since then: nobody is asked before somebody does.
  w.source->changed("one", protocol::Method::tools_list_changed);
  EXPECT_THAT(all.heard, SizeIs(3));
  EXPECT_EQ(w.asked(), 3u);
  all.heard.clear();
  w.fakes["one"].answers = {kTools, base::Error(Code::timeout, "slow"), kTools};
  w.list();
  w.source->changed("one", protocol::Method::tools_list_changed);  // cannot be had now
  EXPECT_THAT(all.heard, SizeIs(0));
  w.now += Millis(6'000);
  w.list();
  EXPECT_THAT(all.heard, testing::ElementsAre(told));
  EXPECT_THAT(prompts.heard, SizeIs(0));
  EXPECT_THAT(elsewhere.heard, SizeIs(0));
}

}  // namespace
