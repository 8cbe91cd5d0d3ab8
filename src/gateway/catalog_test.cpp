#include "gateway/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using gateway::Catalog;
using gateway::DefinitionKind;
using gateway::ServerCatalog;
using gateway::ServerConfig;
using testing::HasSubstr;
using testing::SizeIs;

std::shared_ptr<const ServerCatalog> offer(std::string id, std::string_view tools, std::string_view resources = "[]",
                                           std::string_view templates = "[]") {
  std::string text = "{\"info\":null,\"capabilities\":{\"tools\":{}},\"instructions\":\"be kind\",\"tools\":" + std::string(tools) +
                     ",\"prompts\":[],\"resources\":" + std::string(resources) + ",\"resourceTemplates\":" + std::string(templates) + "}";
  auto made = ServerCatalog::decode(std::move(id), text);
  EXPECT_TRUE(made.ok()) << made.error().message;
  EXPECT_EQ(made->encode(), text);
  return std::make_shared<const ServerCatalog>(*std::move(made));
}

std::shared_ptr<const Catalog> alone(std::string id, std::string_view tools, const ServerConfig* config = nullptr) {
  return Catalog::of_server(config, offer(std::move(id), tools));
}

std::shared_ptr<const Catalog> together(std::vector<std::shared_ptr<const Catalog>> servers) {
  return Catalog::merge(std::move(servers), gateway::Config().name_limit);
}

constexpr std::string_view kSearch = R"([{"name":"search","description":"d","inputSchema":{"type":"object"},"x":1.0}])";

TEST(Catalog, PrefixesNamesInTheAggregateAndNotInTheServersOwn) {
  auto vault = alone("vault", kSearch), web = alone("web", kSearch);
  auto catalog = together({vault, web});
  EXPECT_EQ(catalog->list(DefinitionKind::tool),
            R"({"tools":[{"name":"vault__search","description":"d","inputSchema":{"type":"object"},"x":1.0},)"
            R"({"name":"web__search","description":"d","inputSchema":{"type":"object"},"x":1.0}]})");
  EXPECT_EQ(web->list(DefinitionKind::tool), std::string(R"({"tools":)") + std::string(kSearch) + "}");
  const auto* entry = catalog->find(DefinitionKind::tool, "web__search");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->server->id, "web");
  EXPECT_EQ(entry->real(), "search");
  EXPECT_EQ(catalog->find(DefinitionKind::tool, "search"), nullptr);
  EXPECT_NE(vault->find(DefinitionKind::tool, "search"), nullptr);
  EXPECT_TRUE(catalog->text(DefinitionKind::tool)->bare);
  auto [at, size] = catalog->text(DefinitionKind::tool)->items[1];
  EXPECT_THAT(catalog->list(DefinitionKind::tool).substr(at, size), testing::StartsWith(R"({"name":"web__search")"));
}

TEST(Catalog, RenamesDescribesAndHidesByTheConfig) {
  ServerConfig config;
  config.tools["search"] = {"find", "Better \"words\"."};
  config.exclude = {"delete_*"};
  auto tools = R"([{"name":"search","description":"d","inputSchema":{}},{"name":"delete_all","inputSchema":{}}])";
  auto vault = alone("vault", tools, &config);
  auto catalog = together({vault});
  ASSERT_THAT(catalog->entries(DefinitionKind::tool), SizeIs(1));
  EXPECT_THAT(catalog->list(DefinitionKind::tool), HasSubstr(R"("name":"vault__find","description":"Better \"words\".")"));
  EXPECT_THAT(vault->list(DefinitionKind::tool), HasSubstr(R"("name":"find")"));
  ASSERT_NE(catalog->find(DefinitionKind::tool, "vault__find"), nullptr);
  EXPECT_EQ(catalog->find(DefinitionKind::tool, "vault__find")->real(), "search");
  EXPECT_EQ(catalog->find(DefinitionKind::tool, "vault__search"), nullptr);
  EXPECT_EQ(catalog->find(DefinitionKind::tool, "vault__delete_all"), nullptr);
  EXPECT_FALSE(gateway::passes_unlisted(config, "search"));
  EXPECT_FALSE(gateway::passes_unlisted(config, "find"));
  EXPECT_FALSE(gateway::passes_unlisted(config, "delete_x"));
  EXPECT_TRUE(gateway::passes_unlisted(config, "hidden"));
}

TEST(Catalog, OnlyIncludedToolsAreShown) {
  ServerConfig config;
  config.include = {"read_*"};
  auto catalog = together({alone("a", R"([{"name":"read_x","inputSchema":{}},{"name":"write_x","inputSchema":{}}])", &config)});
  ASSERT_THAT(catalog->entries(DefinitionKind::tool), SizeIs(1));
  EXPECT_EQ(catalog->entries(DefinitionKind::tool)[0].public_name, "a__read_x");
}

TEST(Catalog, AListThatOlderRevisionsMustNotSeeAsItIsIsNotBare) {
  auto of = [](std::string_view schema) {
    return R"([{"name":"t","inputSchema":{"type":"object"},"outputSchema":)" + std::string(schema) + "}]";
  };
  EXPECT_TRUE(alone("a", of(R"({"type":"object"})"))->text(DefinitionKind::tool)->bare);
  EXPECT_FALSE(alone("a", of(R"({"type":"array"})"))->text(DefinitionKind::tool)->bare);
  auto may_be_task = alone("a", R"([{"name":"t","inputSchema":{},"execution":{"taskSupport":"optional"}}])");
  EXPECT_FALSE(may_be_task->text(DefinitionKind::tool)->bare);
  EXPECT_FALSE(together({may_be_task})->text(DefinitionKind::tool)->bare);
  auto with_meta = std::make_shared<ServerCatalog>(*offer("a", "[]"));
  with_meta->at(DefinitionKind::tool) = std::make_shared<const gateway::OfferedList>(gateway::OfferedList{{}, R"(,"_meta":{"v":1})"});
  auto catalog = Catalog::of_server(nullptr, with_meta);
  EXPECT_FALSE(catalog->text(DefinitionKind::tool)->bare);
  EXPECT_EQ(catalog->list(DefinitionKind::tool), R"({"tools":[],"_meta":{"v":1}})");
}

TEST(Catalog, AUriOfTwoServersIsPrefixedForTheSecond) {
  auto a = Catalog::of_server(nullptr, offer("a", "[]", R"([{"uri":"x://1","name":"one"},{"uri":"ui://app/x","name":"app"}])",
                                             R"([{"uriTemplate":"vault:///{+path}","name":"note"}])"));
  auto b =
      Catalog::of_server(nullptr, offer("b", R"([{"name":"t","inputSchema":{},"_meta":{"ui":{"resourceUri":"ui://app/x","v":1},"k":2}}])",
                                        R"([{"uri":"x://1","name":"other"},{"uri":"y://1","name":"y"},{"uri":"ui://app/x","name":"app"}])",
                                        R"([{"uriTemplate":"vault:///{+path}","name":"note"}])"));
  auto catalog = together({a, b});
  auto server_of = [&](std::string_view uri) { return catalog->place(uri)->entry->server->id + " " + catalog->place(uri)->uri; };
  EXPECT_EQ(server_of("x://1"), "a x://1");
  EXPECT_EQ(server_of("b+x://1"), "b x://1");
  EXPECT_EQ(server_of("y://1"), "b y://1");
  EXPECT_EQ(server_of("b+y://1"), "b y://1");  // also where there is no need
  EXPECT_EQ(server_of("vault:///a/b.md"), "a vault:///a/b.md");
  EXPECT_EQ(server_of("b+vault:///a/b.md"), "b vault:///a/b.md");
  EXPECT_EQ(server_of("ui://b+app/x"), "b ui://app/x");
  EXPECT_EQ(catalog->find(DefinitionKind::resource, "z://1"), nullptr);
  EXPECT_EQ(catalog->find(DefinitionKind::resource, "c+x://1"), nullptr);
  EXPECT_THAT(catalog->list(DefinitionKind::resource), HasSubstr(R"({"uri":"b+x://1","name":"other"})"));
  EXPECT_THAT(catalog->list(DefinitionKind::resource_template), HasSubstr(R"({"uriTemplate":"b+vault:///{+path}","name":"note"})"));
  EXPECT_THAT(catalog->list(DefinitionKind::tool), HasSubstr(R"("_meta":{"ui":{"resourceUri":"ui://b+app/x","v":1},"k":2})"));
  EXPECT_THAT(b->list(DefinitionKind::tool), HasSubstr(R"("resourceUri":"ui://app/x")"));
  EXPECT_THAT(catalog->left_out(), SizeIs(0));

  for (const auto* uri : {"x://1", "y://1", "vault:///z", "ui://app/x"}) {
    EXPECT_EQ(catalog->public_uri("a", uri), std::string_view(uri) == "y://1" ? "a+y://1" : uri);
    EXPECT_EQ(server_of(catalog->public_uri("b", uri)), std::string("b ") + uri);
    EXPECT_EQ(b->public_uri("b", uri), uri);
  }
  EXPECT_TRUE(catalog->renames_uris_of("b"));
  EXPECT_FALSE(catalog->renames_uris_of("a"));
}

TEST(Catalog, AToolThatComesTwiceCountsOnce) {
  auto catalog = alone("a", R"([{"name":"t","inputSchema":{}},{"name":"t","inputSchema":{}}])");
  EXPECT_THAT(catalog->entries(DefinitionKind::tool), SizeIs(1));
  EXPECT_THAT(catalog->left_out(), SizeIs(1));
}

TEST(ServerCatalog, ADamagedStoreIsToldAndNotTrusted) {
  EXPECT_FALSE(ServerCatalog::decode("a", "{").ok());
  EXPECT_FALSE(ServerCatalog::decode("a", "{}").ok());
  EXPECT_FALSE(ServerCatalog::decode("a", R"({"info":null,"capabilities":{},"instructions":"","tools":7})").ok());
  EXPECT_FALSE(ServerCatalog::decode("a", R"({"info":null,"capabilities":{},"instructions":3})").ok());
}

TEST(ServerConfig, AFingerprintChangesWithWhatCanChangeTheOffer) {
  ServerConfig one, other;
  EXPECT_EQ(one.fingerprint(), other.fingerprint());
  one.command = {"a", "b"};
  other.command = {"ab"};
  EXPECT_NE(one.fingerprint(), other.fingerprint());
  other.command = {"a", "b"};
  other.deadline = std::chrono::seconds(1);
  EXPECT_EQ(one.fingerprint(), other.fingerprint());
  other.env["KEY"] = base::Secret<std::string>("v");
  EXPECT_NE(one.fingerprint(), other.fingerprint());
}

TEST(ServerConfig, WhatIsLookedAtAnewNeedsNoOtherLink) {
  ServerConfig one, other;
  other.place.line = 7;
  other.deadline = std::chrono::seconds(1);
  other.tools["t"].description = "Another.";
  other.exclude = {"x*"};
  EXPECT_TRUE(one.same_link(other));
  EXPECT_FALSE(one == other);
  other.env["KEY"] = base::Secret<std::string>("v");
  EXPECT_FALSE(one.same_link(other));
}

}  // namespace
