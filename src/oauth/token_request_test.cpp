#include "oauth/token_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "oauth/base64url.h"
#include "oauth/registration.h"
#include "oauth/tokens.h"

namespace oauth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

ClientIdentity with_secret() {
  ClientIdentity out;
  out.id = "a:b";
  out.secret = base::Secret<std::string>("p+ä");
  return out;
}

ServerMetadata offering(std::vector<std::string> methods) {
  ServerMetadata out;
  out.issuer = "https://as.example";
  out.token_auth_methods = std::move(methods);
  return out;
}

TEST(ClientProof, TakesTheBestThatBothHave) {
  using enum AuthMethod;
  EXPECT_EQ(*choose_method(with_secret(), offering({})), client_secret_basic);
  EXPECT_EQ(*choose_method(with_secret(), offering({"client_secret_post", "client_secret_basic"})), client_secret_basic);
  EXPECT_EQ(*choose_method(with_secret(), offering({"client_secret_post"})), client_secret_post);
  EXPECT_EQ(*choose_method(with_secret(), offering({"none"})), none);
  EXPECT_FALSE(choose_method(with_secret(), offering({"private_key_jwt"})).ok());
  ClientIdentity open;
  open.id = "x";
  EXPECT_EQ(*choose_method(open, offering({})), none);
  open.key = *SigningKey::make_es256();
  EXPECT_EQ(*choose_method(open, offering({"private_key_jwt"})), private_key_jwt);
  open.method = none;
  EXPECT_EQ(*choose_method(open, offering({"private_key_jwt"})), none);
}

TEST(ClientProof, IsAsConfigured) {
  mcp::OAuthClient client{.id = "a", .secret = "s", .auth_method = "client_secret_post"};
  EXPECT_EQ(*choose_method(*identity_of(client), offering({"client_secret_basic"})), AuthMethod::client_secret_post);
  client.auth_method = "tls_client_auth";
  EXPECT_FALSE(identity_of(client).ok());
  client.auth_method = "";
  EXPECT_EQ(*choose_method(*identity_of(client), offering({})), AuthMethod::client_secret_basic);
  client.private_key_pem = "none";
  EXPECT_FALSE(identity_of(client).ok());
}

TEST(ClientProof, WritesSecretsWhereTheyBelong) {
  TokenRequest basic, post;
  ASSERT_TRUE(prove_client(with_secret(), offering({"client_secret_basic"}), 0, basic).ok());
  EXPECT_THAT(basic.headers, ElementsAre(Pair("Authorization", "Basic YSUzQWI6cCUyQiVDMyVBNA==")));  // a%3Ab:p%2B%C3%A4
  EXPECT_TRUE(basic.form.empty());
  ASSERT_TRUE(prove_client(with_secret(), offering({"client_secret_post"}), 0, post).ok());
  EXPECT_EQ(*find(post.form, "client_secret"), "p+ä");
}

TEST(ClientProof, AssertionsAreForTheIssuerAndShortLived) {
  ClientIdentity client;
  client.id = "me";
  client.key = *SigningKey::make_es256();
  client.key_id = "k1";
  TokenRequest one, two;
  ServerMetadata server = offering({"private_key_jwt"});
  server.token_auth_algs = {"RS256", "ES256"};
  ASSERT_TRUE(prove_client(client, server, 1000, one).ok());
  ASSERT_TRUE(prove_client(client, server, 1000, two).ok());
  std::string jwt = *find(one.form, "client_assertion");
  std::string payload = *from_base64url(std::string_view(jwt).substr(jwt.find('.') + 1, jwt.rfind('.') - jwt.find('.') - 1));
  EXPECT_THAT(payload, HasSubstr(R"("iss":"me","sub":"me","aud":"https://as.example","jti":)"));
  EXPECT_THAT(payload, HasSubstr(R"("iat":1000,"exp":1060})"));
  EXPECT_THAT(*from_base64url(jwt.substr(0, jwt.find('.'))), HasSubstr(R"("kid":"k1")"));
  EXPECT_NE(jwt, *find(two.form, "client_assertion"));
  server.token_auth_algs = {"RS256"};
  EXPECT_FALSE(prove_client(client, server, 1000, one).ok());
}

TEST(TokenAnswers, AreReadAsTheyCome) {
  auto got = read_token_outcome(200, R"({"access_token":"t","token_type":"bearer","expires_in":60,"refresh_token":"r","scope":"a b"})");
  ASSERT_TRUE(got.ok()) << got.error().message;
  const auto& answer = std::get<TokenAnswer>(*got);
  EXPECT_EQ(answer.access.reveal(), "t");
  EXPECT_EQ(answer.refresh.reveal(), "r");
  EXPECT_EQ(answer.expires_in, 60);
  EXPECT_THAT(*answer.scopes, ElementsAre("a", "b"));
  auto life = [](std::string json) {
    return std::get<TokenAnswer>(*read_token_outcome(200, R"({"access_token":"t","token_type":"DPoP","expires_in":)" + json + "}"))
        .expires_in;
  };
  EXPECT_EQ(life("\"3600\""), 3600);
  EXPECT_EQ(life("1e300"), 365LL * 24 * 3600);
  EXPECT_EQ(life("-1"), std::nullopt);
  EXPECT_EQ(life("\"soon\""), std::nullopt);
  EXPECT_EQ(life("null"), std::nullopt);
}

TEST(TokenAnswers, ThatMakeNoSenseAreRefused) {
  for (auto body : {"", "[]", "{}", R"({"access_token":"","token_type":"Bearer"})", R"({"access_token":"t"})",
                    R"({"access_token":"t","token_type":"mac"})", R"({"access_token":"t\r\nX: y","token_type":"Bearer"})",
                    R"({"access_token":7,"token_type":"Bearer"})"}) {
    auto got = read_token_outcome(200, body);
    ASSERT_FALSE(got.ok()) << body;
    EXPECT_EQ(got.error().code, Code::upstream_failed);
  }
  auto no = read_token_outcome(400, R"({"error":"invalid_grant","error_description":"too\nold"})");
  EXPECT_EQ(std::get<TokenRefusal>(*no).text(), "invalid_grant: too?old");
  EXPECT_EQ(read_token_outcome(503, R"({"error":"x"})").error().code, Code::unavailable);
  EXPECT_EQ(read_token_outcome(404, "gone").error().code, Code::upstream_failed);
}

TEST(Registration, SaysWhatKindOfProgramThisIs) {
  RegistrationRequest request;
  request.client_name = "me";
  request.redirect_uri = "http://127.0.0.1:1/cb";
  auto body = *base::parse_json(registration_body(request, offering({"client_secret_basic"})));
  EXPECT_EQ(body.at("application_type"), "native");
  EXPECT_EQ(body.at("token_endpoint_auth_method"), "client_secret_basic");
  EXPECT_EQ(body.at("grant_types").as_array().size(), 2u);
  request.kind = mcp::OAuth::Kind::web;
  body = *base::parse_json(registration_body(request, offering({"none", "client_secret_basic"})));
  EXPECT_EQ(body.at("application_type"), "web");
  EXPECT_EQ(body.at("token_endpoint_auth_method"), "none");
}

TEST(Registration, IsKeptWhole) {
  auto client = read_registration(201, R"({"client_id":"i","client_secret":"s","token_endpoint_auth_method":"client_secret_post"})");
  ASSERT_TRUE(client.ok()) << client.error().message;
  auto again = registered_of(record_of(RegisteredClient{*client, "http://127.0.0.1:1/cb"}));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->client.secret.reveal(), "s");
  EXPECT_EQ(again->client.method, AuthMethod::client_secret_post);
  EXPECT_EQ(again->redirect_uri, "http://127.0.0.1:1/cb");
  auto refused = read_registration(400, R"({"error":"invalid_redirect_uri","error_description":"no"})");
  EXPECT_THAT(refused.error().message, HasSubstr("invalid_redirect_uri: no"));
  EXPECT_FALSE(read_registration(201, "{}").ok());
  EXPECT_FALSE(registered_of("{}").ok());
}

TEST(TokenRecords, AreKeptWholeAndSayNothing) {
  Tokens tokens;
  tokens.issuer = "https://as";
  tokens.access = base::Secret<std::string>("acc");
  tokens.refresh = base::Secret<std::string>("ref");
  tokens.renew_at = 100;
  tokens.granted = {"a"};
  tokens.asked = {"a", "b"};
  auto again = tokens_of(record_of(tokens));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->refresh.reveal(), "ref");
  EXPECT_THAT(again->asked, ElementsAre("a", "b"));
  EXPECT_FALSE(again->stale(99));
  EXPECT_TRUE(again->stale(100));
  tokens.kind = Tokens::Kind::dpop;  // without its key
  EXPECT_FALSE(tokens_of(record_of(tokens)).ok());
  EXPECT_FALSE(tokens_of("nonsense").ok());
  EXPECT_EQ(fmt::format("{}", again->access), "[secret]");
}

}  // namespace
}  // namespace oauth
