#include "gateway/paging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace {

using gateway::Carrier;
using gateway::Catalog;
using gateway::DefinitionKind;
using gateway::ListPages;
using gateway::ServerCatalog;
using testing::ElementsAre;

std::shared_ptr<const Catalog> catalog_of(std::initializer_list<std::string_view> names) {
  std::string text = R"({"info":null,"capabilities":{},"instructions":"","tools":[)";
  for (std::string_view name : names) {
    if (text.back() != '[') text += ',';
    text += R"({"name":")" + std::string(name) + R"(","inputSchema":{"type":"object"}})";
  }
  auto offer = ServerCatalog::decode("s", text + "]}");
  EXPECT_TRUE(offer.ok());
  return Catalog::of_server(nullptr, std::make_shared<const ServerCatalog>(*std::move(offer)));
}

std::vector<std::string> names_in(const sdk::Reply& reply) {
  auto page = protocol::read_definitions(DefinitionKind::tool, reply.result());
  EXPECT_TRUE(page.ok());
  std::vector<std::string> out;
  for (const auto& item : page->items) out.push_back(item.key);
  return out;
}

std::string cursor_in(const sdk::Reply& reply) {
  auto text = base::json_string(base::find_member(reply.result(), "nextCursor"));
  return text ? *text : std::string();
}

struct World {
  Carrier carrier{"here"};
  ListPages pages{carrier, {.entries = 2, .bytes = 1000, .kept = 2, .good = std::chrono::minutes(5)}};
  ListPages::Walk walk{"ann", "s", DefinitionKind::tool};
};

TEST(ListPages, AShortListIsOneAnswerAndItsBytesAreShared) {
  World w;
  auto catalog = catalog_of({"a", "b"});
  sdk::Reply reply = w.pages.first(w.walk, catalog);
  EXPECT_EQ(reply.result().data(), catalog->list(DefinitionKind::tool).data());
  EXPECT_TRUE(reply.bare());
}

TEST(ListPages, AWalkSeesEachEntryOnce) {
  World w;
  auto catalog = catalog_of({"a", "b", "c", "d", "e"});
  sdk::Reply one = w.pages.first(w.walk, catalog);
  EXPECT_THAT(names_in(one), ElementsAre("a", "b"));
  auto two = w.pages.next(w.walk, cursor_in(one), catalog);
  ASSERT_TRUE(two.ok());
  EXPECT_THAT(names_in(*two), ElementsAre("c", "d"));
  auto three = w.pages.next(w.walk, cursor_in(*two), catalog);
  ASSERT_TRUE(three.ok());
  EXPECT_THAT(names_in(*three), ElementsAre("e"));
  EXPECT_EQ(cursor_in(*three), "");
}

TEST(ListPages, AChangeInBetweenNeitherLosesNorRepeats) {
  World w;
  sdk::Reply one = w.pages.first(w.walk, catalog_of({"a", "b", "c", "d"}));
  auto after = catalog_of({"d", "new", "b", "a", "c"});
  auto two = w.pages.next(w.walk, cursor_in(one), after);
  ASSERT_TRUE(two.ok());
  EXPECT_THAT(names_in(*two), ElementsAre("c", "d"));
}

TEST(ListPages, AnotherInstanceGoesOnBehindTheLastEntry) {
  World w;
  ListPages other(w.carrier, {.entries = 2, .bytes = 1000, .kept = 2, .good = std::chrono::minutes(5)});
  sdk::Reply one = w.pages.first(w.walk, catalog_of({"a", "b", "c", "d"}));
  auto same = other.next(w.walk, cursor_in(one), catalog_of({"a", "b", "c", "d"}));
  ASSERT_TRUE(same.ok());
  EXPECT_THAT(names_in(*same), ElementsAre("c", "d"));
  auto changed = other.next(w.walk, cursor_in(one), catalog_of({"new", "a", "b", "d"}));
  ASSERT_TRUE(changed.ok());
  EXPECT_THAT(names_in(*changed), ElementsAre("d"));
  EXPECT_FALSE(other.next(w.walk, cursor_in(one), catalog_of({"a", "c", "d"})).ok());
  EXPECT_FALSE(other.next(w.walk, cursor_in(one), nullptr).ok());
}

TEST(ListPages, ACursorIsGoodForItsWalkAlone) {
  World w;
  auto catalog = catalog_of({"a", "b", "c"});
  std::string cursor = cursor_in(w.pages.first(w.walk, catalog));
  EXPECT_FALSE(w.pages.next({"bob", "s", DefinitionKind::tool}, cursor, catalog).ok());
  EXPECT_FALSE(w.pages.next({"ann", "", DefinitionKind::tool}, cursor, catalog).ok());
  EXPECT_FALSE(w.pages.next({"ann", "s", DefinitionKind::prompt}, cursor, catalog).ok());
  EXPECT_FALSE(w.pages.next(w.walk, cursor + "x", catalog).ok());
  EXPECT_FALSE(w.pages.next(w.walk, "", catalog).ok());
}

TEST(ListPages, APageHasItsLimitInBytesToo) {
  World w;
  std::string long_name(900, 'n');
  sdk::Reply one = w.pages.first(w.walk, catalog_of({long_name, "b", "c"}));
  EXPECT_THAT(names_in(one), ElementsAre(long_name, "b"));
  sdk::Reply two = w.pages.first(w.walk, catalog_of({long_name, long_name + "2"}));
  EXPECT_THAT(names_in(two), ElementsAre(long_name));
}

}  // namespace
