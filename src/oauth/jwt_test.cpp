#include "oauth/jwt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "oauth/testing.h"

namespace oauth {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::SigningKey;

const WallTime kNow{seconds(1'800'000'000)};

template <class T>
std::string error_of(const mcp::Result<T>& result) {
  return result ? "fine" : result.error().message;
}
std::string said(std::string_view token) { return error_of(parse_jws(token)); }
std::string token_of(std::string_view header, std::string_view payload = "{}", std::string_view signature = "sig") {
  return base64url(header) + "." + base64url(payload) + "." + base64url(signature);
}

TEST(Jws, EveryAlgorithmGoesRound) {
  for (Alg alg : kAllAlgs) {
    SigningKey key(alg, "k1");
    auto public_key = Jwk::parse(key.jwk());
    ASSERT_TRUE(public_key) << alg_name(alg) << error_of(public_key);
    std::string token = key.sign(key.header(), R"({"iss":"me"})");
    auto jws = parse_jws(token);
    ASSERT_TRUE(jws) << error_of(jws);
    EXPECT_EQ(jws->alg, alg);
    EXPECT_EQ(jws->typ, "at+jwt");
    EXPECT_EQ(jws->kid, "k1");
    EXPECT_EQ(jws->payload, R"({"iss":"me"})");
    EXPECT_TRUE(verify_signature(*jws, *public_key)) << alg_name(alg);
    SigningKey other(alg);
    EXPECT_THAT(error_of(verify_signature(*jws, *Jwk::parse(other.jwk()))), HasSubstr("signature"));
    jws->signature.back() = static_cast<char>(jws->signature.back() ^ 1);
    EXPECT_THAT(error_of(verify_signature(*jws, *public_key)), HasSubstr("signature")) << alg_name(alg);
    EXPECT_GT(cost_of(alg).count(), 0);
  }
}

TEST(Jws, AKeyVerifiesOnlyItsOwnAlgorithm) {
  SigningKey rsa(Alg::rs256), pss(Alg::ps256);
  auto jws = parse_jws(rsa.sign(rsa.header(), "{}"));
  auto only_pss = Jwk::parse(pss.jwk(R"(,"alg":"PS256")"));
  EXPECT_THAT(error_of(verify_signature(*jws, *only_pss)), HasSubstr("not for RS256"));
  SigningKey small(Alg::es256), big(Alg::es384);
  std::string token = small.sign(small.header(), "{}");
  EXPECT_THAT(error_of(verify_signature(*parse_jws(token), *Jwk::parse(big.jwk()))), HasSubstr("not for ES256"));
}

TEST(Jws, AnEcdsaSignatureHasOneLength) {
  SigningKey key(Alg::es256);
  std::string token = key.sign(key.header(), "{}");
  auto jws = parse_jws(token);
  auto public_key = Jwk::parse(key.jwk());
  std::string good = jws->signature;
  for (const std::string& wrong :
       {good + std::string(1, '\0'), std::string(1, '\0') + good, good.substr(1), std::string(64, '\0'), std::string(128, 'x')}) {
    jws->signature = wrong;
    EXPECT_FALSE(verify_signature(*jws, *public_key));
  }
}

TEST(Jws, NoneAndHmacDoNotExist) {
  for (const char* alg :
       {"none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "RS384", "PS512", "ES512", "ES256K", "A256KW", "dir"})
    EXPECT_THAT(said(token_of(R"({"alg":")" + std::string(alg) + R"("})")), HasSubstr("alg is not accepted")) << alg;
  for (const char* alg : {"null", "1", "[\"RS256\"]", "{}"})
    EXPECT_THAT(said(token_of(R"({"alg":)" + std::string(alg) + "}")), HasSubstr("alg is no string")) << alg;
  EXPECT_THAT(said(token_of("{}")), HasSubstr("no alg"));
  EXPECT_THAT(said(base64url(R"({"alg":"RS256"})") + "." + base64url("{}") + "."), HasSubstr("no signature"));
}

TEST(Jws, IsReadStrictly) {
  std::string header = R"({"alg":"RS256"})";
  EXPECT_EQ(said(token_of(header)), "fine");
  EXPECT_THAT(said(""), HasSubstr("three parts"));
  EXPECT_THAT(said("a.b"), HasSubstr("three parts"));
  EXPECT_THAT(said(token_of(header) + "."), HasSubstr("three parts"));
  EXPECT_THAT(said(token_of(header) + ".YQ.YQ"), HasSubstr("three parts"));
  EXPECT_THAT(said(token_of(header) + "="), HasSubstr("base64url"));
  EXPECT_THAT(said(" " + token_of(header)), HasSubstr("base64url"));
  EXPECT_THAT(said(base64url(header) + ".e3+." + "YQ"), HasSubstr("base64url"));
  EXPECT_THAT(said(base64url(header) + ".e30.YR"), HasSubstr("base64url"));  // stray bits
  EXPECT_THAT(said(token_of(R"({"alg":"RS256","alg":"none"})")), HasSubstr("twice"));
  EXPECT_THAT(said(token_of(R"({"alg":"RS256","a":{"b":1,"b":2}})")), HasSubstr("twice"));
  EXPECT_THAT(said(token_of(R"({"alg":"RS256","crit":["x"],"x":1})")), HasSubstr("crit"));
  EXPECT_THAT(said(token_of(R"({"alg":"RS256","crit":[]})")), HasSubstr("crit"));
  EXPECT_THAT(said(token_of(R"({"alg":"RS256","b64":false})")), HasSubstr("unencoded"));
  EXPECT_THAT(said(token_of(R"({"alg":"RS256","kid":7})")), HasSubstr("kid"));
  EXPECT_THAT(said(token_of(R"({"alg":"RS256","jwk":"x"})")), HasSubstr("jwk"));
  EXPECT_THAT(said(token_of("[]")), HasSubstr("object"));
  EXPECT_THAT(said(token_of("RS256")), HasSubstr("JSON"));
  EXPECT_THAT(said(R"({"payload":"e30","signatures":[]})"), HasSubstr("three parts"));
  EXPECT_THAT(said(token_of(header, std::string(kMaxJwtBytes, 'x'))), HasSubstr("16 KiB"));
  EXPECT_THAT(said(token_of("{\"alg\":\"RS256\",\"a\":" + std::string(3000, '[') + std::string(3000, ']') + "}")), HasSubstr("JSON"));
}

TEST(Jws, TypIsComparedAsAMediaType) {
  for (const char* typ : {"at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"})
    EXPECT_EQ(parse_jws(token_of(R"({"alg":"RS256","typ":")" + std::string(typ) + R"("})"))->typ, "at+jwt") << typ;
}

TEST(Claims, AreReadWithTheirTypes) {
  auto claims = parse_claims(R"({"iss":"https://as","sub":"alice","client_id":"c","azp":"z","jti":"j","aud":["a","b"],"scope":"x  y z",
    "exp":1800000100.75,"nbf":1.7e9,"iat":1799999999,"cnf":{"jkt":"KEY","kc-jkt-type":"x"},"more":{"deep":[1]}})");
  ASSERT_TRUE(claims) << error_of(claims);
  EXPECT_EQ(claims->sub, "alice");
  EXPECT_THAT(claims->aud, ::testing::ElementsAre("a", "b"));
  EXPECT_THAT(claims->scopes, ::testing::ElementsAre("x", "y", "z"));
  EXPECT_EQ(claims->exp, 1800000100);
  EXPECT_EQ(claims->nbf, 1700000000);
  EXPECT_EQ(claims->jkt, "KEY");
  EXPECT_FALSE(claims->bound_otherwise);
  EXPECT_THAT(parse_claims(R"({"scp":["r","w"]})")->scopes, ::testing::ElementsAre("r", "w"));
  EXPECT_THAT(parse_claims(R"({"scp":"r w"})")->scopes, ::testing::ElementsAre("r", "w"));
  EXPECT_TRUE(parse_claims(R"({"cnf":{"x5t#S256":"T"}})")->bound_otherwise);
}

TEST(Claims, OfAWrongTypeMakeTheTokenInvalid) {
  for (const char* json : {R"({"exp":"9999999999"})",
                           R"({"exp":null})",
                           R"({"exp":-1})",
                           R"({"exp":1e309})",
                           R"({"exp":9223372036854775808000})",
                           R"({"exp":[]})",
                           R"({"aud":{}})",
                           R"({"aud":null})",
                           R"({"aud":1})",
                           R"({"aud":[1]})",
                           R"({"sub":1})",
                           R"({"sub":{}})",
                           R"({"sub":"a\nb"})",
                           R"({"sub":"a\u0000"})",
                           R"({"iss":["x"]})",
                           R"({"scope":1})",
                           R"({"scope":{"a":1}})",
                           R"({"cnf":"x"})",
                           R"({"cnf":{"jkt":1}})",
                           R"({"aud":"a","aud":"b"})",
                           R"({"a":{"b":1,"b":1}})",
                           "[]",
                           "\"x\"",
                           "{",
                           "{} {}"})
    EXPECT_FALSE(parse_claims(json)) << json;
  EXPECT_FALSE(parse_claims(R"({"sub":")" + std::string(5000, 'x') + R"("})"));
  std::string many = R"({"aud":["a")";
  for (int i = 0; i < 300; ++i) many += R"(,"a")";
  EXPECT_FALSE(parse_claims(many + "]}"));
}

class Checks : public ::testing::Test {
 protected:
  Checks() {
    rules.issuer = "https://as.example";
    rules.audiences = {"https://rs.example/mcp"};
    claims.iss = rules.issuer;
    claims.aud = rules.audiences;
    claims.sub = "alice";
    claims.client_id = "app";
    claims.jti = "1";
    claims.iat = 1'800'000'000 - 10;
    claims.exp = 1'800'000'000 + 100;
  }
  std::string check(std::string_view typ = "at+jwt") const { return error_of(check_claims(claims, typ, rules, kNow)); }

  TokenRules rules;
  Claims claims;
};

TEST_F(Checks, PassAGoodToken) { EXPECT_EQ(check(), "fine"); }

TEST_F(Checks, Issuer) {
  for (const char* iss : {"", "https://as.example/", "https://AS.example", "http://as.example", "https://as.example.evil.com"}) {
    claims.iss = iss;
    EXPECT_THAT(check(), HasSubstr("issuer")) << iss;
  }
}

TEST_F(Checks, Audience) {
  for (const char* aud :
       {"https://rs.example/mcp/", "https://rs.example", "https://rs.example/mcp.evil", "https://rs.example/mcp https://x", ""}) {
    claims.aud = {aud};
    EXPECT_THAT(check(), HasSubstr("audience")) << aud;
  }
  claims.aud.clear();
  EXPECT_THAT(check(), HasSubstr("no audience"));
  claims.aud = {"https://other.example", rules.audiences[0]};
  EXPECT_EQ(check(), "fine");
  rules.audience_rule = AudienceRule::only;
  EXPECT_THAT(check(), HasSubstr("other audiences"));
}

TEST_F(Checks, Times) {
  claims.exp = 1'800'000'000 - 29;
  EXPECT_EQ(check(), "fine");
  claims.exp = 1'800'000'000 - 30;
  EXPECT_THAT(check(), HasSubstr("expired"));
  claims.exp.reset();
  EXPECT_THAT(check(), HasSubstr("no exp"));
  claims.exp = 1'800'000'100;
  claims.nbf = 1'800'000'030;
  EXPECT_EQ(check(), "fine");
  claims.nbf = 1'800'000'031;
  EXPECT_THAT(check(), HasSubstr("not good yet"));
  claims.nbf.reset();
  claims.iat = 1'800'000'031;
  EXPECT_THAT(check(), HasSubstr("future"));
}

TEST_F(Checks, TypAndWhatItRequires) {
  for (const char* typ : {"", "jwt", "dpop+jwt", "id_token", "logout+jwt", "oauth-id-jag+jwt"})
    EXPECT_THAT(check(typ), HasSubstr("typ")) << typ;
  for (auto member : {&Claims::sub, &Claims::client_id, &Claims::jti}) {
    Claims before = claims;
    (claims.*member).clear();
    EXPECT_THAT(check(), HasSubstr("has no"));
    claims = before;
  }
  rules.typ = TypRule::any;
  claims.jti.clear();
  claims.client_id.clear();
  claims.iat.reset();
  for (const char* typ : {"", "jwt", "at+jwt"}) EXPECT_EQ(check(typ), "fine") << typ;
  EXPECT_THAT(check("dpop+jwt"), HasSubstr("typ"));
  claims.sub.clear();
  EXPECT_THAT(check("jwt"), HasSubstr("no sub"));
}

}  // namespace
}  // namespace oauth
