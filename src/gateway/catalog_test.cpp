#include "gateway/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using gateway::Catalog;
using gateway::Config;
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

Config config_of(std::initializer_list<std::string> ids) {
  Config config;
  for (const auto& id : ids) {
    ServerConfig server;
    server.id = id;
    config.servers.push_back(server);
  }
  return config;
}

constexpr std::string_view kSearch = R"([{"name":"search","description":"d","inputSchema":{"type":"object"},"x":1.0}])";

TEST(Catalog, PrefixesNamesInTheAggregateAndNotInTheServersOwn) {
  auto catalog = Catalog::make(config_of({"vault", "web"}), {offer("vault", kSearch), offer("web", kSearch)});
  EXPECT_EQ(catalog->list(DefinitionKind::tool),
            R"({"tools":[{"name":"vault__search","description":"d","inputSchema":{"type":"object"},"x":1.0},)"
            R"({"name":"web__search","description":"d","inputSchema":{"type":"object"},"x":1.0}]})");
  EXPECT_EQ(catalog->list_of("web", DefinitionKind::tool), std::string(R"({"tools":)") + std::string(kSearch) + "}");
  const auto* entry = catalog->find(DefinitionKind::tool, "web__search");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->server->id, "web");
  EXPECT_EQ(entry->real(), "search");
  EXPECT_EQ(catalog->find(DefinitionKind::tool, "search"), nullptr);
  EXPECT_NE(catalog->find_in("vault", DefinitionKind::tool, "search"), nullptr);
  EXPECT_EQ(catalog->find_in("nobody", DefinitionKind::tool, "search"), nullptr);
}

TEST(Catalog, RenamesDescribesAndHidesByTheConfig) {
  Config config = config_of({"vault"});
  config.servers[0].tools["search"] = {"find", "Better \"words\"."};
  config.servers[0].exclude = {"delete_*"};
  auto tools = R"([{"name":"search","description":"d","inputSchema":{}},{"name":"delete_all","inputSchema":{}}])";
  auto catalog = Catalog::make(config, {offer("vault", tools)});
  ASSERT_THAT(catalog->entries(DefinitionKind::tool), SizeIs(1));
  EXPECT_THAT(catalog->list(DefinitionKind::tool), HasSubstr(R"("name":"vault__find","description":"Better \"words\".")"));
  EXPECT_THAT(catalog->list_of("vault", DefinitionKind::tool), HasSubstr(R"("name":"find")"));
  ASSERT_NE(catalog->find(DefinitionKind::tool, "vault__find"), nullptr);
  EXPECT_EQ(catalog->find(DefinitionKind::tool, "vault__find")->real(), "search");
  EXPECT_EQ(catalog->find(DefinitionKind::tool, "vault__search"), nullptr);
  EXPECT_EQ(catalog->find(DefinitionKind::tool, "vault__delete_all"), nullptr);
}

TEST(Catalog, OnlyIncludedToolsAreShown) {
  Config config = config_of({"a"});
  config.servers[0].include = {"read_*"};
  auto catalog = Catalog::make(config, {offer("a", R"([{"name":"read_x","inputSchema":{}},{"name":"write_x","inputSchema":{}}])")});
  ASSERT_THAT(catalog->entries(DefinitionKind::tool), SizeIs(1));
  EXPECT_EQ(catalog->entries(DefinitionKind::tool)[0].public_name, "a__read_x");
}

TEST(Catalog, FindsResourcesByUriAndByTemplate) {
  auto catalog = Catalog::make(config_of({"a", "b"}), {offer("a", "[]", R"([{"uri":"x://1","name":"one"}])"),
                                                       offer("b", "[]", R"([{"uri":"x://1","name":"other"},{"uri":"y://1","name":"y"}])",
                                                             R"([{"uriTemplate":"vault:///{+path}","name":"note"}])")});
  EXPECT_EQ(catalog->find(DefinitionKind::resource, "x://1")->server->id, "a");
  EXPECT_EQ(catalog->find(DefinitionKind::resource, "vault:///a/b.md")->server->id, "b");
  EXPECT_EQ(catalog->find(DefinitionKind::resource, "z://1"), nullptr);
  EXPECT_EQ(catalog->find_in("b", DefinitionKind::resource, "x://1")->server->id, "b");
  EXPECT_THAT(catalog->left_out(), SizeIs(1));
}

TEST(Catalog, AToolThatComesTwiceCountsOnce) {
  auto catalog = Catalog::make(config_of({"a"}), {offer("a", R"([{"name":"t","inputSchema":{}},{"name":"t","inputSchema":{}}])")});
  EXPECT_THAT(catalog->entries(DefinitionKind::tool), SizeIs(1));
  EXPECT_THAT(catalog->left_out(), SizeIs(1));
}

TEST(ServerCatalog, ADamagedStoreIsToldAndNotTrusted) {
  EXPECT_FALSE(ServerCatalog::decode("a", "{").ok());
  EXPECT_FALSE(ServerCatalog::decode("a", "{}").ok());
  EXPECT_FALSE(ServerCatalog::decode("a", R"({"info":null,"capabilities":{},"instructions":3})").ok());
}

TEST(TemplateMatches, ByItsLiteralParts) {
  using gateway::template_matches;
  EXPECT_TRUE(template_matches("test://template/{id}/data", "test://template/12/data"));
  EXPECT_FALSE(template_matches("test://template/{id}/data", "test://template/12/date"));
  EXPECT_TRUE(template_matches("vault:///{+path}", "vault:///"));
  EXPECT_TRUE(template_matches("a://b", "a://b"));
  EXPECT_FALSE(template_matches("a://b", "a://bc"));
  EXPECT_TRUE(template_matches("{+any}", "x:y"));
  EXPECT_FALSE(template_matches("a://{broken", "a://x"));
  EXPECT_TRUE(template_matches("a://{x}-{y}", "a://1-2"));
  EXPECT_FALSE(template_matches("a://{x}-{y}", "a://12"));
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
