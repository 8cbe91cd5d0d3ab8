#include "gateway/peer_pass.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using Keys = std::vector<sdk::Sealer::KeyMaterial>;
using std::chrono::seconds;

const Keys kKeys{sdk::Sealer::KeyMaterial(std::string(32, 'a'))};
const PeerPass kPass{"one", "two", "n", 7, "d", "localhost:1", "127.0.0.1"};

TEST(PeerPass, IsGoodForWhoHasTheKeysAndNotForLong) {
  const auto now = PeerKeys::WallTime::clock::now();
  PeerKeys keys(kKeys), strangers(Keys{sdk::Sealer::KeyMaterial(std::string(32, 'b'))});
  const std::string text = keys.write(kPass, now);
  auto read = keys.read(text, now);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->from + read->to + read->nonce + read->digest + read->host + read->address, "onetwondlocalhost:1127.0.0.1");
  EXPECT_FALSE(strangers.read(text, now));
  EXPECT_FALSE(keys.read(text, now + seconds(32)));
  EXPECT_FALSE(keys.read(text, now - seconds(32))) << "from the future";
  EXPECT_TRUE(keys.read(text, now - seconds(20)));
  EXPECT_FALSE(keys.read("", now));
  EXPECT_FALSE(keys.read(keys.write_name("one", "n", now), now)) << "another purpose";
  EXPECT_EQ(*keys.read_name(keys.write_name("two", "n", now), "n", now), "two");
  EXPECT_FALSE(keys.read_name(keys.write_name("two", "n", now), "m", now));
}

TEST(PeerPass, IsShownOnce) {
  const auto now = PeerKeys::WallTime::clock::now();
  ShownPasses shown;
  EXPECT_TRUE(shown.first("a", 5, now));
  EXPECT_FALSE(shown.first("a", 5, now));
  EXPECT_TRUE(shown.first("b", 5, now));
  EXPECT_TRUE(shown.first("a", 3, now)) << "on another connection";
  EXPECT_FALSE(shown.first("a", 3, now));
  EXPECT_TRUE(shown.first("a", 5 + 65'536, now)) << "the same remainder";
  EXPECT_FALSE(shown.first("a", 5 + 65'536, now));
  EXPECT_FALSE(shown.first("a", 5, now)) << "too far behind";
  EXPECT_TRUE(shown.first("a", 6, now)) << "just not";
  EXPECT_TRUE(shown.first("a", 1'000'000'000'000, now));
  EXPECT_FALSE(shown.first("a", 6, now));
  EXPECT_FALSE(shown.first("a", 0, now));
  for (std::uint64_t i = 1; i < 3; ++i) EXPECT_TRUE(shown.first("a", 1'000'000'000'000 + i, now));
}

TEST(PeerPass, TheDigestIsOfAllThatIsPassedOn) {
  const net::HttpHeader one[] = {{"accept", "a"}, {"mcp-session-id", "s"}};
  const net::HttpHeader two[] = {{"accept", "a"}, {"mcp-session-id", "t"}};
  const net::HttpHeader moved[] = {{"accept", "am"}, {"cp-session-id", "s"}};
  const std::string digest = digest_request("POST", "/mcp", one, "{}");
  EXPECT_EQ(digest, digest_request("POST", "/mcp", one, "{}"));
  EXPECT_NE(digest, digest_request("POST", "/mcp", two, "{}"));
  EXPECT_NE(digest, digest_request("POST", "/mcp", moved, "{}"));
  EXPECT_NE(digest, digest_request("GET", "/mcp", one, "{}"));
  EXPECT_NE(digest, digest_request("POST", "/mcp?", one, "{}"));
  EXPECT_NE(digest, digest_request("POST", "/mcp", one, "[]"));
}

TEST(PeerPass, FindsWhatInstancesSealedInAnyText) {
  const std::string id(32, 'x'), other(32, 'y'), sealed(60, 'A');
  EXPECT_EQ(find_carried("{\"requestState\":\"" + id + "." + sealed + "\"}", 4), std::vector<std::string_view>{id});
  EXPECT_EQ(find_carried(id + "." + sealed + " " + other + "." + sealed + id + "." + sealed, 4),
            (std::vector<std::string_view>{id, other}));
  EXPECT_TRUE(find_carried("x" + id + "." + sealed, 4).empty());
  EXPECT_TRUE(find_carried(id + "." + sealed.substr(0, 20), 4).empty());
  EXPECT_TRUE(find_carried("a.b.c. 1.5 ...", 4).empty());
}

}  // namespace
}  // namespace gateway
