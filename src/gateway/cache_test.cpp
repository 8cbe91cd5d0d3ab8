#include "gateway/cache.h"

#include <gtest/gtest.h>

namespace {

using base::Millis;
using gateway::ReadCache;

std::string result(std::string_view text, int ttl, std::string_view scope) {
  return R"({"contents":[{"uri":"x:1","text":")" + std::string(text) + R"("}],"ttlMs":)" + std::to_string(ttl) + R"(,"cacheScope":")" +
         std::string(scope) + R"("})";
}

struct World {
  base::Instant now = base::Timers::now();
  ReadCache cache{{.bytes = 1'000, .largest = 500, .now = [this] { return now; }}};
  ReadCache::Key key(std::string caller, std::string uri = "x:1", std::string server = "s") { return {server, uri, caller, "{}"}; }
  void put(const ReadCache::Key& key, const std::string& text) { cache.put(key, text, cache.changes()); }
};

TEST(ReadCache, KeepsWhatIsGoodForAsLongAsItIs) {
  World w;
  w.put(w.key("ann"), result("a", 100, "private"));
  w.now += Millis(40);
  EXPECT_EQ(w.cache.find(w.key("ann")), result("a", 60, "private"));
  EXPECT_EQ(w.cache.find(w.key("bob")), std::nullopt);
  EXPECT_EQ(w.cache.find(w.key("ann", "x:2")), std::nullopt);
  w.now += Millis(60);
  EXPECT_EQ(w.cache.find(w.key("ann")), std::nullopt);
  EXPECT_EQ(w.cache.bytes(), 0u);
}

TEST(ReadCache, WhatIsPublicIsForEverybodyWithTheSameCapabilities) {
  World w;
  w.put(w.key("ann"), result("a", 100, "public"));
  EXPECT_NE(w.cache.find(w.key("bob")), std::nullopt);
  ReadCache::Key other = w.key("ann");
  other.capabilities = R"({"roots":{}})";
  EXPECT_EQ(w.cache.find(other), std::nullopt);
}

TEST(ReadCache, DoesNotKeepWhatIsNotToBeKept) {
  World w;
  w.put(w.key("ann"), result("a", 0, "public"));
  w.put(w.key("ann"), result("a", -1, "public"));
  w.put(w.key("ann"), R"({"contents":[]})");
  w.put(w.key("ann"), R"({"resultType":"input_required","ttlMs":1000,"cacheScope":"public"})");
  w.put(w.key("ann"), result(std::string(600, 'x'), 1000, "public"));
  w.put(w.key("ann"), "[]");
  EXPECT_EQ(w.cache.bytes(), 0u);
}

TEST(ReadCache, AChangeDropsWhatItIsAbout) {
  World w;
  w.put(w.key("ann", "vault:///a/b"), result("b", 100, "private"));
  w.put(w.key("ann", "vault:///c"), result("c", 100, "private"));
  w.put(w.key("ann", "vault:///c", "t"), result("c", 100, "private"));
  w.cache.updated("s", "vault:///a");
  EXPECT_EQ(w.cache.find(w.key("ann", "vault:///a/b")), std::nullopt);
  EXPECT_NE(w.cache.find(w.key("ann", "vault:///c")), std::nullopt);
  w.cache.drop("s");
  EXPECT_EQ(w.cache.find(w.key("ann", "vault:///c")), std::nullopt);
  EXPECT_NE(w.cache.find(w.key("ann", "vault:///c", "t")), std::nullopt);
  // An answer to a question that was asked before the change.
  std::uint64_t since = w.cache.changes();
  w.cache.updated("s", "vault:///d");
  w.cache.put(w.key("ann", "vault:///d"), result("old", 100, "private"), since);
  EXPECT_EQ(w.cache.find(w.key("ann", "vault:///d")), std::nullopt);
}

TEST(ReadCache, HoldsSoManyBytes) {
  World w;
  for (int i = 0; i < 20; ++i) w.put(w.key("ann", "x:" + std::to_string(i)), result(std::string(150, 'x'), 100, "private"));
  EXPECT_LE(w.cache.bytes(), 1'000u);
  EXPECT_EQ(w.cache.find(w.key("ann", "x:0")), std::nullopt);
  EXPECT_NE(w.cache.find(w.key("ann", "x:19")), std::nullopt);
}

TEST(ReadCache, OnlyPlainRequestsAreAlike) {
  auto plain = [](std::string_view params) { return ReadCache::plain(*protocol::read_params(params)); };
  EXPECT_TRUE(plain(R"({"uri":"x:1"})"));
  EXPECT_TRUE(plain(R"({"uri":"x:1","_meta":{"progressToken":1,"io.modelcontextprotocol/clientCapabilities":{}}})"));
  EXPECT_FALSE(plain(R"({"uri":"x:1","_meta":{"com.example/tenant":"a"}})"));
  EXPECT_FALSE(plain(R"({"uri":"x:1","range":"1-2"})"));
  EXPECT_FALSE(plain(R"({"uri":"x:1","requestState":"s"})"));
}

}  // namespace
