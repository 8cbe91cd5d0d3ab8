#include "gateway/trust/pinning.h"

#include <gmock/gmock.h>

#include "gateway/trust/quarantine.h"
#include "store/catalog_store.h"
#include "trust/pins/lockfile.h"

namespace {

using gateway::DefinitionKind;
using gateway::OfferedList;
using gateway::PinConfig;
using gateway::Pinning;
using gateway::Quarantine;
using gateway::ServerCatalog;
using gateway::ServerConfig;
using testing::HasSubstr;
using trust::PinMode;

constexpr auto kTool = DefinitionKind::tool;

struct World {
  explicit World(PinMode mode = PinMode::first_use) : pinning({loop, pool, nullptr, {}}, config(mode)) {
    server.id = "work";
    server.kind = ServerConfig::Kind::url;
    EXPECT_TRUE(pinning.load().ok());
  }
  static PinConfig config(PinMode mode) {
    PinConfig out;
    out.mode = mode;
    return out;
  }
  // What is shown of a list, by name.
  std::vector<std::string> seen(const std::string& tools) {
    auto page = protocol::read_definitions(kTool, "{\"tools\":" + tools + "}");
    EXPECT_TRUE(page.ok());
    auto list = std::make_shared<OfferedList>();
    list->items = std::move(page->items);
    pinning.judge(server, "local", kTool, list->items);
    ServerCatalog offer;
    offer.id = server.id;
    offer.at(kTool) = list;
    pinning.narrow(server, offer);
    shown = offer.at(kTool);
    std::vector<std::string> out;
    for (const auto& one : shown->items) out.push_back(one.key);
    return out;
  }

  base::Loop loop;
  base::BlockingPool pool{1};
  ServerConfig server;
  Pinning pinning;
  std::shared_ptr<const OfferedList> shown;
};

std::string tool(const std::string& name, const std::string& more = "") {
  return "{\"name\":\"" + name + "\",\"inputSchema\":{\"type\":\"object\"}" + more + "}";
}
const std::vector<std::string> kNone, kA{"a"}, kAB{"a", "b"};

TEST(Pinning, AChangedToolIsNotShownAndMayNotBeCalled) {
  World w;
  EXPECT_EQ(w.seen("[" + tool("a") + "," + tool("b") + "]"), kAB);
  EXPECT_EQ(w.seen("[" + tool("a") + "," + tool("b", ",\"title\":\"x\"") + "]"), kA);
  EXPECT_THAT(w.pinning.objection(w.server, kTool, "b").value_or(""), HasSubstr("title"));
  EXPECT_THAT(w.pinning.objection(w.server, kTool, "B").value_or(""), HasSubstr("title"));
  EXPECT_FALSE(w.pinning.objection(w.server, kTool, "a"));
  EXPECT_FALSE(w.pinning.objection(w.server, kTool, "in_no_list"));
  w.server.tools["b"].rename = "c";
  EXPECT_TRUE(w.pinning.objection(w.server, kTool, "c"));
}

TEST(Pinning, ASecondOneOfTheNameTakesBothAway) {
  World w;
  EXPECT_EQ(w.seen("[" + tool("a") + "]"), kA);
  EXPECT_EQ(w.seen("[" + tool("a", ",\"title\":\"x\"") + "," + tool("a") + "]"), kNone);
  EXPECT_EQ(w.seen("[" + tool("a") + "," + tool("a", ",\"title\":\"x\"") + "]"), kNone);
}

TEST(Pinning, EnforcedNothingIsShownThatNobodyApproved) {
  World w(PinMode::enforce);
  EXPECT_EQ(w.seen("[" + tool("a") + "]"), kNone);
  EXPECT_TRUE(w.pinning.objection(w.server, kTool, "in_no_list"));
}

TEST(Pinning, ABuiltInIsNotJudged) {
  World w(PinMode::enforce);
  w.server.kind = ServerConfig::Kind::builtin;
  EXPECT_EQ(w.seen("[" + tool("a") + "]"), kA);
  EXPECT_FALSE(w.pinning.objection(w.server, kTool, "a"));
}

TEST(Pinning, HintsAreThosePinnedAndThoseOfTheConfig) {
  World w;
  w.seen("[" + tool("a", R"(,"annotations":{"readOnlyHint":false})") + "]");
  w.pinning.use(World::config(PinMode::warn));
  EXPECT_EQ(
      w.seen("[" + tool("a", R"(,"annotations":{"readOnlyHint":true})") + "," + tool("b", R"(,"annotations":{"readOnlyHint":true})") + "]"),
      kAB);
  EXPECT_EQ(w.shown->items[0].hints.read_only, std::optional(false));
  EXPECT_FALSE(w.shown->items[1].hints.read_only);
  w.server.tools["b"].annotations["destructiveHint"] = true;
  w.seen("[" + tool("a") + "," + tool("b") + "]");
  EXPECT_EQ(w.shown->items[1].hints.destructive, std::optional(true));
  EXPECT_THAT(w.shown->items[1].raw, HasSubstr("\"destructiveHint\":true"));
}

TEST(Pinning, WhatIsHeldForAnotherReasonIsHeldInEachMode) {
  for (const PinMode mode : {PinMode::first_use, PinMode::warn}) {
    World w(mode);
    w.pinning.hold("work", kTool, "b", "it gives the model orders");
    EXPECT_EQ(w.seen("[" + tool("a") + "," + tool("b") + "]"), kA);
    EXPECT_EQ(w.pinning.objection(w.server, kTool, "b"), "it gives the model orders");
  }
  World w;
  w.pinning.object([](const ServerConfig&, std::string_view one) {
    return one.find("obey") == one.npos ? std::string() : std::string("it gives orders");
  });
  EXPECT_EQ(w.seen("[" + tool("a") + "," + tool("b", ",\"title\":\"obey\"") + "]"), kA);
}

TEST(Pinning, WhatIsSaidOfItselfIsHeldTooButForANewVersion) {
  World w;
  auto introduced = [&](std::string info, std::string instructions) {
    w.pinning.judge(w.server, "local", Pinning::Introduction{info, "{}", instructions});
    ServerCatalog offer;
    offer.info = std::move(info);
    offer.capabilities = "{}";
    offer.instructions = std::move(instructions);
    w.pinning.narrow(w.server, offer);
    return offer.info + "|" + offer.instructions;
  };
  EXPECT_EQ(introduced(R"({"name":"x","version":"1"})", "Be good."), R"({"name":"x","version":"1"}|Be good.)");
  EXPECT_EQ(introduced(R"({"name":"x","version":"2"})", "Be bad."), R"({"name":"x","version":"2"}|)");
  EXPECT_EQ(introduced(R"({"name":"y","version":"2"})", "Be good."), R"({"name":"x","version":"2"}|Be good.)");
}

TEST(Pinning, WhatIsSaidOfItselfIsScannedToo) {
  World w;
  w.pinning.object([](const ServerConfig&, std::string_view said) {
    return said.find("obey") != said.npos ? std::string("it gives orders") : std::string();
  });
  auto introduced = [&](std::string info, std::string instructions) {
    w.pinning.judge(w.server, "local", Pinning::Introduction{info, "{}", instructions});
    ServerCatalog offer;
    offer.info = std::move(info);
    offer.instructions = std::move(instructions);
    w.pinning.narrow(w.server, offer);
    return offer.info + "|" + offer.instructions;
  };
  EXPECT_EQ(introduced(R"({"name":"x","version":"1"})", "Always obey."), R"({"name":"x","version":"1"}|)");
  EXPECT_EQ(introduced(R"({"name":"x","version":"1"})", "Be good."), R"({"name":"x","version":"1"}|)");
  EXPECT_EQ(introduced(R"({"name":"x","title":"obey","version":"1"})", ""), R"({"name":"x","version":"1"}|)");
}

TEST(Pinning, ALockHoldsTheLaunchAsWell) {
  World w;
  PinConfig config = World::config(PinMode::enforce);
  auto lock = std::make_shared<trust::Lock>();
  w.server.url = "http://127.0.0.1:1/mcp";
  lock->servers["work"].launch = trust::pin_of(trust::PinKind::launch, {}, gateway::launch_text(w.server)).digest;
  config.lock = lock;
  w.pinning.use(config);
  EXPECT_FALSE(w.pinning.launch_objection(w.server));
  w.server.url += "2";
  EXPECT_TRUE(w.pinning.launch_objection(w.server));
  w.server.id = "other";
  EXPECT_THAT(w.pinning.launch_objection(w.server).value_or(""), HasSubstr("does not know it"));
}

TEST(Pinning, IsTheSameAfterARestartAndHearsOfApprovals) {
  auto store = store::open_store("sqlite::memory:");
  ASSERT_TRUE(store.ok());
  const std::string before = "[" + tool("a") + "]", after = "[" + tool("a", ",\"title\":\"x\"") + "]";
  auto list_of = [](const std::string& tools) { return protocol::read_definitions(kTool, "{\"tools\":" + tools + "}")->items; };
  ServerConfig server;
  server.id = "work";
  server.kind = ServerConfig::Kind::url;
  base::Loop loop;
  base::BlockingPool pool(1);
  {
    Pinning pinning({loop, pool, &(*store)->pins(), {}}, {});
    ASSERT_TRUE(pinning.load().ok());
    pinning.judge(server, "local", kTool, list_of(before));
    pinning.judge(server, "local", kTool, list_of(after));
    ASSERT_TRUE(loop.block_on(pinning.stop()).ok());
  }
  base::OneShot<void> heard;
  Pinning pinning({loop, pool, &(*store)->pins(), [&](std::string_view) { heard.set({}); }}, {});
  ASSERT_TRUE(pinning.load().ok());
  EXPECT_TRUE(pinning.objection(server, kTool, "a"));
  pinning.start();
  // Another process approves it.
  auto rows = *(*store)->pins().load();
  std::vector<store::StoredPin> held, approved;
  for (const auto& row : rows)
    if (row.state == "held") held.push_back(row);
  ASSERT_EQ(held.size(), 1u);
  approved = held;
  approved[0].state = "approved";
  ASSERT_TRUE((*store)->pins().change(held, approved).ok());
  auto wait = [](base::OneShot<void>* event, base::Loop* at) -> base::Task<void> {
    co_await base::wait_for(*event, at->timers(), {}, base::Timers::now() + base::Millis(10'000));
  };
  ASSERT_TRUE(loop.block_on(wait(&heard, &loop)).ok());
  EXPECT_FALSE(pinning.objection(server, kTool, "a"));
  ASSERT_TRUE(loop.block_on(pinning.stop()).ok());
}

TEST(Quarantine, HoldsByServerKindAndName) {
  Quarantine held;
  EXPECT_TRUE(held.hold("work", kTool, "a", "one"));
  EXPECT_TRUE(held.hold("work", kTool, "a", "two"));
  EXPECT_EQ(held.size(), 1u);
  ASSERT_TRUE(held.find("work", kTool, "a"));
  EXPECT_EQ(*held.find("work", kTool, "a"), "two");
  EXPECT_FALSE(held.find("work", DefinitionKind::prompt, "a"));
  EXPECT_FALSE(held.find("other", kTool, "a"));
  held.release("work", DefinitionKind::prompt, "a");
  held.release("work");
  EXPECT_EQ(held.size(), 0u);
}

}  // namespace
