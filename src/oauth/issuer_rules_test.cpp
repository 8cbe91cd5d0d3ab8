#include "oauth/issuer_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "oauth/introspection.h"
#include "oauth/provider.h"

namespace oauth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr WallTime kNow{std::chrono::seconds(1'800'000'000)};

TEST(TextsAt, FindsGroupsWhereTheIssuerPutsThem) {
  EXPECT_THAT(texts_at(R"({"groups":["a","b"]})", "groups"), ElementsAre("a", "b"));
  EXPECT_THAT(texts_at(R"({"realm_access":{"roles":["admin"]}})", "realm_access.roles"), ElementsAre("admin"));
  EXPECT_THAT(texts_at(R"({"role":"one"})", "role"), ElementsAre("one"));
  EXPECT_THAT(texts_at(R"({"https://example.com/groups":["x"]})", "https://example.com/groups"), ElementsAre("x"));
  EXPECT_THAT(texts_at(R"({"resource_access":{"my.client":{"roles":["r"]}}})", "resource_access.my.client.roles"), IsEmpty());
}

TEST(TextsAt, TakesNothingElse) {
  EXPECT_THAT(texts_at(R"({"groups":[1,null,{"a":1},["x"],"","ok","a\nb"]})", "groups"), ElementsAre("ok"));
  EXPECT_THAT(texts_at(R"({"groups":{"a":1}})", "groups"), IsEmpty());
  EXPECT_THAT(texts_at(R"({"groups":"a"})", "groups.a"), IsEmpty());
  EXPECT_THAT(texts_at("[]", "groups"), IsEmpty());
  EXPECT_THAT(texts_at(R"({"groups":["a"]})", ""), IsEmpty());
  std::string many = R"({"groups":["x")";
  for (int i = 0; i < 1000; ++i) many += R"(,"x")";
  EXPECT_THAT(texts_at(many + "]}", "groups"), SizeIs(200));
}

TEST(ScopeForms, EntraAsksByAnotherNameThanItsTokensHave) {
  EXPECT_TRUE(has_scope({"read"}, "read", ScopeForm::plain));
  EXPECT_FALSE(has_scope({"read"}, "api://app/read", ScopeForm::plain));
  EXPECT_TRUE(has_scope({"read"}, "api://app/read", ScopeForm::last_part));
  EXPECT_FALSE(has_scope({"read"}, "api://app/write", ScopeForm::last_part));
  EXPECT_TRUE(has_scope({}, "api://app/.default", ScopeForm::last_part));
}

TEST(Providers, FillWhatIsLeftOpen) {
  IssuerRules rules;
  settle(rules, Provider::keycloak);
  EXPECT_EQ(rules.groups_claim, "realm_access.roles");
  EXPECT_EQ(rules.typ, TypRule::any);
  IssuerRules said;
  said.groups_claim = "roles";
  settle(said, Provider::entra);
  EXPECT_EQ(said.groups_claim, "roles");
  EXPECT_EQ(said.scope_form, ScopeForm::last_part);
  IssuerRules strict;
  settle(strict, Provider::oidc);
  EXPECT_EQ(strict.typ, TypRule::at_jwt);
  EXPECT_EQ(find_provider("entra"), Provider::entra);
  EXPECT_FALSE(find_provider("Entra"));
  for (const ProviderTraits& one : all_providers()) EXPECT_EQ(find_provider(one.name), one.provider);
}

TEST(Providers, KnowTheIssuersThatPeopleTakeByMistake) {
  EXPECT_THAT(std::string(odd_issuer(Provider::entra, "https://login.microsoftonline.com/common/v2.0")), HasSubstr("tenant"));
  EXPECT_THAT(std::string(odd_issuer(Provider::entra, "https://sts.windows.net/1234/")), HasSubstr("v1"));
  EXPECT_THAT(std::string(odd_issuer(Provider::okta, "https://acme.okta.com")), HasSubstr("custom"));
  EXPECT_EQ(odd_issuer(Provider::okta, "https://acme.okta.com/oauth2/default"), "");
  EXPECT_THAT(std::string(odd_issuer(Provider::auth0, "https://acme.eu.auth0.com")), HasSubstr("slash"));
  EXPECT_EQ(odd_issuer(Provider::auth0, "https://acme.eu.auth0.com/"), "");
  EXPECT_THAT(std::string(odd_issuer(Provider::keycloak, "https://id.example.com")), HasSubstr("realm"));
}

TEST(Clients, AreNamedInSeveralWays) {
  EXPECT_EQ(client_of(R"({"client_id":"a","azp":"b"})"), "a");
  EXPECT_EQ(client_of(R"({"azp":"b","appid":"c"})"), "b");
  EXPECT_EQ(client_of(R"({"appid":"c"})"), "c");
  EXPECT_EQ(client_of(R"({"cid":"d"})"), "d");
  EXPECT_EQ(client_of(R"({"cid":7})"), "");
}

TEST(Introspection, FillsWhatTheIssuerLeavesOut) {
  auto said = claims_of_introspection(R"({"active":true,"client_id":"app","aud":"x"})", "https://as.example", kNow);
  ASSERT_TRUE(said) << said.error().message;
  auto claims = parse_claims(*said);
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_EQ(claims->iss, "https://as.example");
  EXPECT_EQ(claims->sub, "app");
  EXPECT_EQ(claims->exp, 1'800'000'060);
}

TEST(Introspection, BelievesNothingElseThanYes) {
  auto code = [](std::string_view body) {
    auto said = claims_of_introspection(body, "https://as.example", kNow);
    return said ? mcp::Code::internal : said.error().code;
  };
  EXPECT_EQ(code(R"({"active":false})"), mcp::Code::unauthenticated);
  EXPECT_EQ(code(R"({"active":true,"iss":"https://other.example"})"), mcp::Code::unauthenticated);
  EXPECT_EQ(code(R"({"active":true,"iss":7})"), mcp::Code::unauthenticated);
  EXPECT_EQ(code(R"({"active":"true"})"), mcp::Code::upstream_failed);
  EXPECT_EQ(code(R"({})"), mcp::Code::upstream_failed);
  EXPECT_EQ(code("[]"), mcp::Code::upstream_failed);
  EXPECT_EQ(code("<html>"), mcp::Code::upstream_failed);
  EXPECT_EQ(code(""), mcp::Code::upstream_failed);
}

}  // namespace
}  // namespace oauth
