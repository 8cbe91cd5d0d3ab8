#include "oauth/jwk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace oauth {
namespace {

using testing::HasSubstr;

// The key of RFC 7638 section 3.1.
constexpr std::string_view kRsaModulus =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-"
    "5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"
    "bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
std::string rsa(std::string_view more = "", std::string_view e = "AQAB", std::string_view n = kRsaModulus) {
  return R"({"kty":"RSA","n":")" + std::string(n) + R"(","e":")" + std::string(e) + "\"" + std::string(more) + "}";
}
// The key of RFC 8037 appendix A.2.
constexpr std::string_view kEd = R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")";
// The key of RFC 7517 appendix A.1.
constexpr std::string_view kEc =
    R"({"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM")";
std::string with(std::string_view key, std::string_view more) { return std::string(key) + std::string(more) + "}"; }

std::string why(const std::string& json) {
  auto key = Jwk::parse(json);
  return key ? "it was accepted" : key.error().message;
}

TEST(Jwk, ThumbprintsAreThoseOfTheRfcs) {
  EXPECT_EQ(jwk_thumbprint(rsa(R"(,"alg":"RS256","kid":"2011-04-29")")).value_or("?"), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  EXPECT_EQ(jwk_thumbprint(with(kEd, R"(,"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")")).value_or("?"),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  auto key = Jwk::parse(with(kEd, ""));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST(Jwk, ZerosBeforeAModulusMakeNoOtherKey) {
  // "AA" and the modulus shifted would be another text; the exponent shows it as well: 00 01 00 01.
  EXPECT_EQ(jwk_thumbprint(rsa("", "AAEAAQ")).value_or("?"), jwk_thumbprint(rsa()).value_or("!"));
}

TEST(Jwk, ServesWhatItsTypeAndItsAlgAllow) {
  auto plain = Jwk::parse(rsa());
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_TRUE(plain->serves(Alg::rs256));
  EXPECT_TRUE(plain->serves(Alg::ps256));
  EXPECT_FALSE(plain->serves(Alg::es256));
  EXPECT_FALSE(plain->id());
  auto named = Jwk::parse(rsa(R"(,"alg":"PS256","kid":"k1","use":"sig","key_ops":["sign","verify"])"));
  ASSERT_TRUE(named) << named.error().message;
  EXPECT_FALSE(named->serves(Alg::rs256));
  EXPECT_TRUE(named->serves(Alg::ps256));
  EXPECT_EQ(named->id(), "k1");
  auto ec = Jwk::parse(with(kEc, ""));
  ASSERT_TRUE(ec) << ec.error().message;
  EXPECT_TRUE(ec->serves(Alg::es256));
  EXPECT_FALSE(ec->serves(Alg::es384));
  auto ed = Jwk::parse(with(kEd, R"(,"alg":"Ed25519")"));
  ASSERT_TRUE(ed) << ed.error().message;
  EXPECT_TRUE(ed->serves(Alg::eddsa));
}

TEST(Jwk, RefusesWhatIsNoKeyForSignatures) {
  EXPECT_THAT(why(rsa(R"(,"use":"enc")")), HasSubstr("use is not sig"));
  EXPECT_THAT(why(rsa(R"(,"key_ops":["encrypt"])")), HasSubstr("key_ops"));
  EXPECT_THAT(why(rsa(R"(,"key_ops":"verify")")), HasSubstr("key_ops"));
  EXPECT_THAT(why(rsa(R"(,"key_ops":[1])")), HasSubstr("key_ops"));
  EXPECT_THAT(why(rsa(R"(,"alg":"RS512")")), HasSubstr("alg"));
  EXPECT_THAT(why(rsa(R"(,"alg":"HS256")")), HasSubstr("alg"));
  EXPECT_THAT(why(rsa(R"(,"alg":"ES256")")), HasSubstr("alg"));
  EXPECT_THAT(why(rsa(R"(,"alg":"none")")), HasSubstr("alg"));
  EXPECT_THAT(why(rsa(R"(,"kid":1)")), HasSubstr("kid is no string"));
  EXPECT_THAT(why(rsa(R"(,"n":"AQAB")")), HasSubstr("twice"));
  EXPECT_THAT(why(rsa("", "AQ")), HasSubstr("exponent"));
  EXPECT_THAT(why(rsa("", "Ag")), HasSubstr("exponent"));
  EXPECT_THAT(why(rsa("", "")), HasSubstr("e is missing"));
  EXPECT_THAT(why(rsa("", "AQAB", kRsaModulus.substr(0, 172))), HasSubstr("bits"));
  EXPECT_THAT(why(R"({"kty":"oct","k":"AAAA"})"), HasSubstr("symmetric"));
  EXPECT_THAT(why(R"({"kty":"EC"})"), HasSubstr("curve"));
  EXPECT_THAT(why(R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"), HasSubstr("curve"));
  EXPECT_THAT(why(R"({"kty":"OKP","crv":"Ed25519","x":"11qY"})"), HasSubstr("32 bytes"));
  EXPECT_THAT(why("{}"), HasSubstr("kty"));
  EXPECT_THAT(why("[]"), HasSubstr("object"));
  EXPECT_THAT(why("nothing"), HasSubstr("JSON"));
}

TEST(Jwk, RefusesAPointOffTheCurve) {
  EXPECT_THAT(
      why(R"({"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyA"})"),
      HasSubstr("curve"));
  EXPECT_THAT(
      why(R"({"kty":"EC","crv":"P-384","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"})"),
      HasSubstr("48 bytes"));
}

TEST(Jwk, KnowsAPrivatePart) {
  EXPECT_TRUE(has_private_part(with(kEd, R"(,"d":"AA")")));
  EXPECT_TRUE(has_private_part(R"({"kty":"oct","k":"AA"})"));
  EXPECT_FALSE(has_private_part(with(kEd, R"(,"kid":"d")")));
}

TEST(JwkSet, SkipsWhatItCannotUse) {
  std::string set = R"({"keys":[)" + rsa(R"(,"kid":"a")") + R"(,{"kty":"oct","k":"AA","kid":"a"},)" + rsa(R"(,"use":"enc")") +
                    R"(,{"kty":"new"},17,)" + with(kEd, R"(,"kid":"a")") + "]}";
  auto read = parse_jwk_set(set);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->keys.size(), 2u);
  EXPECT_EQ(read->skipped, 4u);
}

TEST(JwkSet, RefusesWhatIsAmbiguousOrTooMuch) {
  auto error = [](const std::string& text) {
    auto read = parse_jwk_set(text);
    return read ? "it was accepted" : read.error().message;
  };
  EXPECT_THAT(error(R"({"keys":[)" + rsa(R"(,"kid":"a")") + "," + rsa(R"(,"kid":"a")") + "]}"), HasSubstr("kid 'a'"));
  EXPECT_THAT(error(R"({"keys":{}})"), HasSubstr("keys"));
  EXPECT_THAT(error("[]"), HasSubstr("JWK Set"));
  EXPECT_THAT(error("<html>"), HasSubstr("JWK Set"));
  EXPECT_THAT(error(R"({"keys":[],"keys":[]})"), HasSubstr("twice"));
  std::string many = R"({"keys":[1)";
  for (int i = 0; i < 100; ++i) many += ",1";
  EXPECT_THAT(error(many + "]}"), HasSubstr("100 keys"));
  EXPECT_THAT(error(R"({"keys":[]})" + std::string(kMaxJwkSetBytes, ' ')), HasSubstr("512 KiB"));
}

}  // namespace
}  // namespace oauth
