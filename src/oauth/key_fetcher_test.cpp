#include "oauth/key_fetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_server.h"
#include "oauth/testing.h"

namespace oauth {
namespace {

using ::testing::HasSubstr;

// Two servers of this machine: the issuer, and another one that its metadata may name.
class KeyFetcherTest : public ::testing::Test {
 protected:
  KeyFetcherTest() {
    EXPECT_TRUE(first_.listen("127.0.0.1", 0).ok());
    EXPECT_TRUE(second_.listen("127.0.0.1", 0).ok());
    issuer = address(first_);
    keys_at = issuer;
  }
  ~KeyFetcherTest() override {
    (void)loop.block_on(first_.stop(Millis(50)));
    (void)loop.block_on(second_.stop(Millis(50)));
  }
  static std::string address(const net::HttpServer& server) { return "http://127.0.0.1:" + std::to_string(server.port()); }
  std::string other() const { return address(second_); }

  std::string ask() {
    KeyFetcher fetcher(loop, {issuer}, "");
    KeyRing ring(loop, fetcher.fetch());
    auto keys = loop.block_on(ring.keys(issuer, std::nullopt));
    return keys ? std::to_string(keys->set->keys.size()) + " keys" : keys.error().message;
  }

  base::Loop loop;
  std::string issuer, keys_at, redirect;
  int asked_elsewhere = 0;
  testing::SigningKey key{Alg::eddsa, "a"};

 private:
  static Task<void> answer(KeyFetcherTest* self, net::HttpExchange* exchange) {
    std::string body;
    if (exchange->request().path == "/jwks")
      body = R"({"keys":[)" + self->key.jwk() + "]}";
    else
      body = R"({"issuer":")" + self->issuer + R"(","jwks_uri":")" + self->keys_at + R"(/jwks"})";
    const net::HttpHeader headers[] = {{"Location", self->redirect}};
    std::span<const net::HttpHeader> lines(headers);
    co_await exchange->respond(self->redirect.empty() ? 200 : 302, lines, body);
  }
  net::HttpServer first_{loop, {}, [this](net::HttpExchange& exchange) { return answer(this, &exchange); }};
  net::HttpServer second_{loop, {}, [this](net::HttpExchange& exchange) {
                            ++asked_elsewhere;
                            return answer(this, &exchange);
                          }};
};

TEST_F(KeyFetcherTest, AsksTheIssuerWhereverItIs) { EXPECT_EQ(ask(), "1 keys"); }

TEST_F(KeyFetcherTest, DoesNotGoWhereMetadataPointsInside) {
  keys_at = other();
  EXPECT_THAT(ask(), HasSubstr("cannot be had"));
  EXPECT_EQ(asked_elsewhere, 0);
}

TEST_F(KeyFetcherTest, FollowsNoRedirect) {
  redirect = other() + "/jwks";
  EXPECT_THAT(ask(), HasSubstr("answered 302"));
  EXPECT_EQ(asked_elsewhere, 0);
}

}  // namespace
}  // namespace oauth
