#include "oauth/dpop_verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "oauth/testing.h"

namespace oauth {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::SigningKey;

const WallTime kNow{seconds(1'800'000'000)};
constexpr std::string_view kToken = "the-access-token";

class Dpop : public ::testing::Test {
 protected:
  std::string header(std::string_view typ = "dpop+jwt") const {
    return R"({"alg":")" + std::string(alg_name(key.alg())) + R"(","typ":")" + std::string(typ) + R"(","jwk":)" + key.jwk() + "}";
  }
  std::string claims(std::string_view jti = "1", std::int64_t iat = 1'800'000'000, std::string_view more = "",
                     std::string_view htu = "https://rs.example/mcp", std::string_view htm = "POST",
                     std::string_view token = kToken) const {
    return R"({"jti":")" + std::string(jti) + R"(","htm":")" + std::string(htm) + R"(","htu":")" + std::string(htu) + R"(","iat":)" +
           std::to_string(iat) + R"(,"ath":")" + base64url(sha256(token)) + "\"" + std::string(more) + "}";
  }
  std::string proof(const std::string& payload) const { return key.sign(header(), payload); }
  std::string check(const std::string& text, WallTime now = kNow) {
    auto good = verifier.verify(text, {"POST", "https://rs.example/mcp", kToken, jkt}, now);
    return good ? "fine" : good.error().message;
  }

  SigningKey key{Alg::es256};
  std::string jkt = key.thumbprint();
  DpopVerifier verifier;
};

TEST_F(Dpop, AProofIsGoodOnce) {
  std::string text = proof(claims());
  EXPECT_EQ(check(text), "fine");
  EXPECT_THAT(check(text), HasSubstr("used before"));
  EXPECT_THAT(check(proof(claims())), HasSubstr("used before"));  // signed anew, the same jti
  EXPECT_EQ(check(proof(claims("2"))), "fine");
}

TEST_F(Dpop, EveryAlgorithm) {
  for (Alg alg : kAllAlgs) {
    key = SigningKey(alg);
    jkt = key.thumbprint();
    EXPECT_EQ(check(proof(claims())), "fine") << alg_name(alg);
  }
}

TEST_F(Dpop, IsForOneRequest) {
  EXPECT_THAT(check(proof(claims("1", 1'800'000'000, "", "https://rs.example/other"))), HasSubstr("another URL"));
  EXPECT_THAT(check(proof(claims("1", 1'800'000'000, "", "http://rs.example/mcp"))), HasSubstr("another URL"));
  EXPECT_THAT(check(proof(claims("1", 1'800'000'000, "", "https://rs.example:8443/mcp"))), HasSubstr("another URL"));
  EXPECT_THAT(check(proof(claims("1", 1'800'000'000, "", ""))), HasSubstr("another URL"));
  EXPECT_THAT(check(proof(claims("1", 1'800'000'000, "", "https://rs.example/mcp", "GET"))), HasSubstr("another method"));
  EXPECT_THAT(check(proof(claims("1", 1'800'000'000, "", "https://rs.example/mcp", "post"))), HasSubstr("another method"));
  EXPECT_THAT(check(proof(claims("1", 1'800'000'000, "", "https://rs.example/mcp", "POST", "other"))), HasSubstr("another token"));
  EXPECT_EQ(check(proof(claims("1", 1'800'000'000, "", "HTTPS://RS.example:443/%6dcp?a=b#c"))), "fine");
}

TEST_F(Dpop, IsFresh) {
  EXPECT_THAT(check(proof(claims("1", 1'800'000'000 - 300))), HasSubstr("too old"));
  EXPECT_EQ(check(proof(claims("2", 1'800'000'000 - 299))), "fine");
  EXPECT_EQ(check(proof(claims("3", 1'800'000'000 + 300))), "fine");
  EXPECT_THAT(check(proof(claims("4", 1'800'000'000 + 301))), HasSubstr("future"));
}

TEST_F(Dpop, IsMadeWithTheKeyOfTheToken) {
  std::string other = SigningKey(Alg::es256).thumbprint();
  jkt.swap(other);
  EXPECT_THAT(check(proof(claims())), HasSubstr("another key"));
  jkt.swap(other);
  SigningKey thief(Alg::es256);
  EXPECT_THAT(check(thief.sign(header(), claims())), HasSubstr("signature"));
}

TEST_F(Dpop, LacksNothing) {
  for (const char* name : {"jti", "htm", "htu", "iat", "ath"}) {
    std::string json = "{";
    std::string text = claims();
    base::Members all(text);
    while (all.next())
      if (all.key() != name) json.append(json.size() > 1 ? "," : "").append(all.raw());
    EXPECT_THAT(check(proof(json + "}")), HasSubstr("the DPoP proof")) << name;
  }
  EXPECT_THAT(check(proof(claims("1", 1'800'000'000, R"(,"jti":"2")"))), HasSubstr("twice"));
  EXPECT_THAT(check(proof("[]")), HasSubstr("object"));
  EXPECT_THAT(check(key.sign(header("jwt"), claims())), HasSubstr("typ"));
  EXPECT_THAT(check(key.sign(key.header("dpop+jwt"), claims())), HasSubstr("no jwk"));
  EXPECT_THAT(check("no proof"), HasSubstr("cannot be read"));
  EXPECT_THAT(check(""), HasSubstr("cannot be read"));
}

TEST_F(Dpop, HoldsNoPrivateKey) {
  std::string head = R"({"alg":"ES256","typ":"dpop+jwt","jwk":)" + key.jwk(R"(,"d":"AAAA")") + "}";
  EXPECT_THAT(check(key.sign(head, claims())), HasSubstr("private key"));
  EXPECT_THAT(check(key.sign(R"({"alg":"ES256","typ":"dpop+jwt","jwk":{"kty":"EC"}})", claims())), HasSubstr("cannot be used"));
}

TEST_F(Dpop, WhatIsRememberedIsBoundedAndForgotten) {
  DpopOptions options;
  options.most_proofs = 2;
  DpopVerifier small(options);
  auto use = [&](std::string_view jti, std::int64_t iat) {
    return small.verify(proof(claims(jti, iat)), {"POST", "https://rs.example/mcp", kToken, jkt}, WallTime(seconds(iat)));
  };
  EXPECT_TRUE(use("1", 1'800'000'000));
  EXPECT_TRUE(use("2", 1'800'000'001));
  auto third = use("3", 1'800'000'002);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, mcp::Code::rate_limited);
  EXPECT_TRUE(use("3", 1'800'000'300));  // the first one's window is over
}

TEST_F(Dpop, NoncesAreOursAndNew) {
  DpopOptions options;
  options.nonce = DpopNonce::required;
  DpopVerifier strict(options), other(options);
  auto use = [&](std::string_view jti, const std::string& nonce, WallTime now) {
    std::string more = nonce.empty() ? "" : R"(,"nonce":")" + nonce + "\"";
    auto text = proof(claims(jti, std::chrono::duration_cast<seconds>(now.time_since_epoch()).count(), more));
    auto good = strict.verify(text, {"POST", "https://rs.example/mcp", kToken, jkt}, now);
    return good ? mcp::Code::internal : good.error().code;
  };
  std::string nonce = strict.nonce(kNow);
  EXPECT_EQ(use("1", "", kNow), mcp::Code::conflict);
  EXPECT_EQ(use("2", other.nonce(kNow), kNow), mcp::Code::conflict);
  EXPECT_EQ(use("3", nonce, kNow), mcp::Code::internal);
  EXPECT_EQ(use("4", nonce, kNow + seconds(120)), mcp::Code::internal);
  EXPECT_EQ(use("5", nonce, kNow + seconds(240)), mcp::Code::conflict);
}

TEST(NormalHtu, IsOneSpelling) {
  EXPECT_EQ(normal_htu("HTTP://Example.COM:80").value_or("?"), "http://example.com/");
  EXPECT_EQ(normal_htu("https://h/a%7eb%2fc?x#y").value_or("?"), "https://h/a~b%2Fc");
  EXPECT_EQ(normal_htu("https://h/%2525").value_or("?"), "https://h/%2525");
  EXPECT_FALSE(normal_htu("/mcp"));
}

}  // namespace
}  // namespace oauth
