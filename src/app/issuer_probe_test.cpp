#include "app/issuer_probe.h"

#include <gmock/gmock.h>

namespace {

using app::IssuerSign;
using testing::HasSubstr;
using testing::SizeIs;

gateway::SignInIssuer issuer_of(oauth::Provider provider) {
  gateway::SignInIssuer out;
  out.provider = provider;
  out.rules.issuer = "https://as.example";
  return out;
}

constexpr const char* kWhole =
    R"({"issuer":"https://as.example","authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t",)"
    R"("registration_endpoint":"https://as.example/r","code_challenge_methods_supported":["S256"]})";

TEST(IssuerProbe, HasNothingAgainstAProviderThatHasAll) {
  auto signs = app::signs_of_metadata(issuer_of(oauth::Provider::oidc), kWhole);
  ASSERT_THAT(signs, SizeIs(1));
  EXPECT_EQ(signs[0].level, IssuerSign::Level::good);
}

TEST(IssuerProbe, SaysWhatEntraLacksInItsWords) {
  auto signs = app::signs_of_metadata(
      issuer_of(oauth::Provider::entra),
      R"({"issuer":"https://as.example","authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t"})");
  ASSERT_THAT(signs, SizeIs(3));
  EXPECT_THAT(signs[0].text, HasSubstr("S256"));
  EXPECT_THAT(signs[1].remedy, HasSubstr("App registrations"));
  EXPECT_THAT(signs[2].remedy, HasSubstr("Expose an API"));
}

TEST(IssuerProbe, NamesTheIssuerThatItReallyIs) {
  auto other = issuer_of(oauth::Provider::oidc);
  other.rules.issuer = "https://as.example/";
  auto signs = app::signs_of_metadata(other, kWhole);
  ASSERT_THAT(signs, SizeIs(1));
  EXPECT_EQ(signs[0].level, IssuerSign::Level::bad);
  EXPECT_THAT(signs[0].remedy, HasSubstr("https://as.example"));
  EXPECT_EQ(app::signs_of_metadata(other, "<html>")[0].level, IssuerSign::Level::bad);
}

}  // namespace
