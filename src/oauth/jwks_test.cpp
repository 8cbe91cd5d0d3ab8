#include "oauth/jwks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "oauth/testing.h"

namespace oauth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::SigningKey;

constexpr std::string_view kIssuer = "https://as.example";

// An issuer's two documents, and what is done with those who fetch them.
class KeyRingTest : public ::testing::Test {
 protected:
  KeyRingTest() { publish({&first}); }
  void publish(std::initializer_list<const SigningKey*> keys) {
    jwks = R"({"keys":[)";
    for (const auto* key : keys) jwks += (jwks.back() == '[' ? "" : ",") + key->jwk();
    jwks += "]}";
  }
  Fetch fetch() {
    return [this](std::string url, Instant) { return answer(this, std::move(url)); };
  }
  static Task<Document> answer(KeyRingTest* self, std::string url) {
    self->asked.push_back(url);
    if (self->gate) co_await self->gate->wait();
    if (self->down) co_await mcp::fail(mcp::Code::unavailable, "nobody listens");
    Document out;
    out.status = 200;
    out.cache_control = self->cache_control;
    if (url.find("/.well-known/oauth") != std::string::npos)
      out.body = self->metadata;
    else if (url == "https://as.example/jwks")
      out.body = self->jwks;
    else
      out.status = 404;
    co_return std::move(out);
  }
  static Task<std::size_t> count(KeyRing* ring, std::optional<std::string> kid) {
    KeyRing::Keys keys = co_await ring->keys(std::string(kIssuer), std::move(kid));
    co_return keys.set->keys.size();
  }
  std::string ask(std::optional<std::string> kid = {}) {
    auto keys = loop.block_on(count(&ring, std::move(kid)));
    return keys ? std::to_string(*keys) : keys.error().message;
  }
  void pass(Millis time) { now += time; }

  base::Loop loop;
  SigningKey first{Alg::es256, "a"}, second{Alg::es256, "b"};
  std::string metadata = R"({"issuer":"https://as.example","jwks_uri":"https://as.example/jwks"})";
  std::string jwks, cache_control;
  std::deque<std::string> asked;
  bool down = false;
  base::Signal* gate = nullptr;
  Instant now = Instant{} + std::chrono::hours(10);
  Clocks clocks{.steady = [this] { return now; }};
  KeyRing ring{loop, fetch(), {}, clocks};
};

TEST_F(KeyRingTest, FetchesOnceAndBelievesForAWhile) {
  EXPECT_EQ(ask("a"), "1");
  EXPECT_EQ(ask("a"), "1");
  EXPECT_THAT(asked, ElementsAre("https://as.example/.well-known/oauth-authorization-server", "https://as.example/jwks"));
  std::uint64_t generation = ring.generation(kIssuer);
  pass(std::chrono::minutes(5));
  EXPECT_EQ(ask("a"), "1");
  EXPECT_EQ(asked.size(), 3u);  // the metadata is still good
  EXPECT_EQ(ring.generation(kIssuer), generation);
}

TEST_F(KeyRingTest, BelievesAsLongAsTheAnswerSaysWithinLimits) {
  cache_control = "public, max-age=31536000";
  EXPECT_EQ(ask(), "1");
  pass(std::chrono::minutes(9));
  EXPECT_EQ(ask(), "1");
  EXPECT_EQ(ring.fetches(), 1u);
  cache_control = "no-store";
  pass(std::chrono::minutes(2));
  EXPECT_EQ(ask(), "1");
  EXPECT_EQ(ring.fetches(), 2u);
  pass(std::chrono::seconds(29));
  EXPECT_EQ(ask(), "1");
  EXPECT_EQ(ring.fetches(), 2u);
  pass(std::chrono::seconds(1));
  EXPECT_EQ(ask(), "1");
  EXPECT_EQ(ring.fetches(), 3u);
}

TEST_F(KeyRingTest, ANewKeyIsFetchedAtOnceAndAFloodOfUnknownOnesIsNot) {
  EXPECT_EQ(ask("a"), "1");
  std::uint64_t generation = ring.generation(kIssuer);
  publish({&first, &second});
  EXPECT_EQ(ask("b"), "2");
  EXPECT_GT(ring.generation(kIssuer), generation);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(ask("x" + std::to_string(i)), "2");
  EXPECT_EQ(ring.fetches(), 2u);
  pass(std::chrono::seconds(30));
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(ask("x" + std::to_string(i)), "2");
  EXPECT_EQ(ring.fetches(), 3u);
}

TEST_F(KeyRingTest, AWithdrawnKeyIsGoneWithTheNextFetch) {
  publish({&first, &second});
  EXPECT_EQ(ask("b"), "2");
  publish({&first});
  pass(std::chrono::minutes(5));
  EXPECT_EQ(ask("b"), "1");
}

Task<void> ask_into(KeyRing* ring, int* done) {
  KeyRing::Keys keys = co_await ring->keys(std::string(kIssuer), std::string("a"));
  *done += keys.set->keys.size() == 1;
}

TEST_F(KeyRingTest, AllWaitForOneFetch) {
  base::Signal open;
  gate = &open;
  int done = 0;
  base::TaskGroup callers;
  for (int i = 0; i < 50; ++i) callers.spawn(ask_into(&ring, &done));
  EXPECT_EQ(ring.fetches(), 1u);
  EXPECT_EQ(asked.size(), 1u);
  gate = nullptr;
  open.raise();
  EXPECT_TRUE(loop.block_on(callers.join()));
  EXPECT_EQ(done, 50);
  EXPECT_EQ(ring.fetches(), 1u);
}

TEST_F(KeyRingTest, OldKeysAreUsedWhileTheIssuerIsDownButNotForever) {
  EXPECT_EQ(ask("a"), "1");
  down = true;
  pass(std::chrono::minutes(30));
  EXPECT_EQ(ask("a"), "1");
  EXPECT_EQ(ask("a"), "1");
  EXPECT_EQ(ring.fetches(), 2u);  // it rests after a failure
  pass(std::chrono::seconds(5));
  EXPECT_EQ(ask("a"), "1");
  EXPECT_EQ(ring.fetches(), 3u);
  pass(std::chrono::minutes(31));
  EXPECT_THAT(ask("a"), HasSubstr("too old; nobody listens"));
  down = false;
  pass(std::chrono::seconds(5));
  EXPECT_EQ(ask("a"), "1");
}

TEST_F(KeyRingTest, WithoutKeysThereIsAnError) {
  down = true;
  EXPECT_THAT(ask(), HasSubstr("the keys of https://as.example cannot be had: nobody listens"));
  down = false;
  EXPECT_THAT(ask(), HasSubstr("nobody listens"));  // it rests
  pass(std::chrono::seconds(5));
  EXPECT_EQ(ask(), "1");
}

TEST_F(KeyRingTest, DocumentsThatCannotBeBelieved) {
  auto try_again = [&] {
    pass(std::chrono::seconds(5));
    return ask();
  };
  metadata = R"({"issuer":"https://as.example/","jwks_uri":"https://as.example/jwks"})";
  EXPECT_THAT(try_again(), HasSubstr("another issuer"));
  metadata = R"({"issuer":"https://as.example","jwks_uri":"http://as.example/jwks"})";
  EXPECT_THAT(try_again(), HasSubstr("not https"));
  metadata = R"({"issuer":"https://as.example","jwks_uri":"http://127.0.0.1/jwks"})";
  EXPECT_THAT(try_again(), HasSubstr("not https"));
  metadata = R"({"issuer":"https://as.example"})";
  EXPECT_THAT(try_again(), HasSubstr("no jwks_uri"));
  metadata = R"({"issuer":"https://as.example","issuer":"https://as.example"})";
  EXPECT_THAT(try_again(), HasSubstr("twice"));
  metadata = "<html>";
  EXPECT_THAT(try_again(), HasSubstr("no JSON object"));
  metadata = R"({"issuer":"https://as.example","jwks_uri":"https://as.example/other"})";
  EXPECT_THAT(try_again(), HasSubstr("answered 404"));
  metadata = R"({"issuer":"https://as.example","jwks_uri":"https://as.example/jwks"})";
  jwks = R"({"keys":[]})";
  EXPECT_THAT(try_again(), HasSubstr("no key that can be used"));
  jwks = "no";
  EXPECT_THAT(try_again(), HasSubstr("JWK Set"));
}

TEST(MetadataPlaces, AreAskedInOrder) {
  EXPECT_THAT(*metadata_places("https://as.example"), ElementsAre("https://as.example/.well-known/oauth-authorization-server",
                                                                  "https://as.example/.well-known/openid-configuration"));
  EXPECT_THAT(*metadata_places("https://as.example/realms/one"),
              ElementsAre("https://as.example/.well-known/oauth-authorization-server/realms/one",
                          "https://as.example/.well-known/openid-configuration/realms/one",
                          "https://as.example/realms/one/.well-known/openid-configuration"));
  EXPECT_TRUE(metadata_places("http://127.0.0.1:4400"));
  EXPECT_FALSE(metadata_places("http://as.example"));
  EXPECT_FALSE(metadata_places("https://as.example?x"));
  EXPECT_FALSE(metadata_places("https://as.example#x"));
  EXPECT_FALSE(metadata_places("as.example"));
}

TEST(Freshness, ReadsMaxAge) {
  EXPECT_EQ(freshness("max-age=60"), Millis(60'000));
  EXPECT_EQ(freshness("public , Max-Age=5,must-revalidate"), Millis(5'000));
  EXPECT_EQ(freshness("no-cache"), Millis(0));
  EXPECT_EQ(freshness("max-age=abc"), std::nullopt);
  EXPECT_EQ(freshness("max-age=99999999999999"), std::nullopt);
  EXPECT_EQ(freshness(""), std::nullopt);
}

}  // namespace
}  // namespace oauth
