#include "access/keys/token_mint.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "oauth/jwk.h"
#include "oauth/jwt.h"

namespace {

using authz::MintOptions;
using authz::TokenMint;
using Time = TokenMint::Time;

const base::Secret<std::string> kSecret(std::string(32, 's'));
const Time kNow{std::chrono::hours(24 * 7 * 3'000)};

MintOptions options() { return {"https://mcp.example.com", {"https://billing.internal", "ledger"}, std::chrono::seconds(300)}; }

base::Principal ci() {
  base::Principal out;
  out.id = "key:ci";
  out.key = "ci";
  out.groups = {"ops"};
  return out;
}

// Whether one of these keys made the token, and what it says.
mcp::Result<oauth::Claims> read(const std::string& token, const std::string& jwks, Time now) {
  auto jws = oauth::parse_jws(token);
  if (!jws) return std::move(jws).error();
  auto keys = oauth::parse_jwk_set(jwks);
  if (!keys) return std::move(keys).error();
  for (const oauth::Jwk& key : keys->keys) {
    if (key.id() != jws->kid) continue;
    if (auto good = oauth::verify_signature(*jws, key); !good) return std::move(good).error();
    auto claims = oauth::parse_claims(jws->payload);
    if (!claims) return claims;
    if (auto good = oauth::check_claims(*claims, jws->typ, {"https://mcp.example.com", {"ledger"}}, now); !good)
      return std::move(good).error();
    return claims;
  }
  return mcp::Error(mcp::Code::not_found, "no such key");
}

TEST(TokenMint, MakesTokensThatAResourceServerTakes) {
  TokenMint mint(kSecret, options());
  auto token = mint.mint(ci(), "ledger", kNow);
  ASSERT_TRUE(token.ok()) << token.error().message;
  auto claims = read(token->text.reveal(), *mint.jwks(kNow), kNow);
  ASSERT_TRUE(claims.ok()) << claims.error().message;
  EXPECT_EQ(claims->sub, "key:ci");
  EXPECT_EQ(claims->aud, std::vector<std::string>{"ledger"});
  EXPECT_EQ(*claims->exp - *claims->iat, 300);
  EXPECT_NE(mint.mint(ci(), "ledger", kNow)->text.reveal(), token->text.reveal());
  EXPECT_FALSE(read(token->text.reveal(), *mint.jwks(kNow), kNow + std::chrono::seconds(400)).ok());
}

TEST(TokenMint, OnlyForAudiencesOfTheConfigAndNeverForLong) {
  MintOptions longer = options();
  longer.life = std::chrono::hours(5);
  TokenMint mint(kSecret, longer);
  EXPECT_EQ(mint.mint(ci(), "elsewhere", kNow).error().code, mcp::Code::invalid_argument);
  EXPECT_EQ(mint.mint(ci(), "ledger", kNow)->life, std::chrono::seconds(900));
}

TEST(TokenMint, KeysAreRotatedWithoutAGapAndSharedByInstances) {
  TokenMint mint(kSecret, options()), other(kSecret, options());
  EXPECT_EQ(*mint.jwks(kNow), *other.jwks(kNow));
  const std::string before = *mint.jwks(kNow);
  const Time next = kNow + TokenMint::kPeriod;
  auto token = other.mint(ci(), "ledger", next);
  ASSERT_TRUE(token.ok());
  // Who fetched the keys before the change has the new one already; who fetched them after it still has the old one.
  EXPECT_TRUE(read(token->text.reveal(), before, next).ok());
  auto old = mint.mint(ci(), "ledger", kNow);
  EXPECT_TRUE(read(old->text.reveal(), *other.jwks(next), kNow).ok());
  EXPECT_FALSE(read(old->text.reveal(), *other.jwks(next + TokenMint::kPeriod), kNow).ok());
  TokenMint strange(base::Secret(std::string(32, 't')), options());
  EXPECT_FALSE(read(strange.mint(ci(), "ledger", kNow)->text.reveal(), before, kNow).ok());
}

TEST(TokenMint, PublishesNothingPrivate) {
  TokenMint mint(kSecret, options());
  const std::string set = *mint.jwks(kNow);
  for (base::Elements all(base::find_member(set, "keys")); all.next();) {
    EXPECT_FALSE(oauth::has_private_part(all.value()));
    EXPECT_EQ(base::find_member(all.value(), "alg"), "\"ES256\"");
  }
}

}  // namespace
