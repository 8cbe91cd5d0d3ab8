#include "oauth/metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace oauth {
namespace {

using testing::ElementsAre;

TEST(ResourceMetadata, ReadsWhatItKnows) {
  auto got = read_resource_metadata(
      R"({"resource":"https://r/mcp","authorization_servers":["https://a","https://b"],"scopes_supported":["x","y","x"],"other":1,
          "dpop_bound_access_tokens_required":true,"dpop_signing_alg_values_supported":["ES256"],"jwks_uri":null})");
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got->resource, "https://r/mcp");
  EXPECT_THAT(got->authorization_servers, ElementsAre("https://a", "https://b"));
  EXPECT_THAT(got->scopes, ElementsAre("x", "y"));
  EXPECT_TRUE(got->dpop_required);
}

TEST(ResourceMetadata, NamesWhatIsWrong) {
  for (auto [json, word] : {std::pair("[]", "object"), std::pair("{}", "resource"), std::pair(R"({"resource":1})", "resource"),
                            std::pair(R"({"resource":"r","authorization_servers":"a"})", "authorization_servers"),
                            std::pair(R"({"resource":"r","scopes_supported":[1]})", "scopes_supported"), std::pair("{", "")}) {
    auto got = read_resource_metadata(json);
    ASSERT_FALSE(got.ok()) << json;
    EXPECT_THAT(got.error().message, testing::HasSubstr(word));
  }
}

TEST(ServerMetadata, ReadsWhatItKnows) {
  auto got = read_server_metadata(
      R"({"issuer":"https://a","authorization_endpoint":"https://a/auth","token_endpoint":"https://a/token","registration_endpoint":"https://a/reg",
          "code_challenge_methods_supported":["plain","S256"],"token_endpoint_auth_methods_supported":["none"],
          "authorization_response_iss_parameter_supported":true,"client_id_metadata_document_supported":true})");
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got->token_endpoint, "https://a/token");
  EXPECT_TRUE(got->iss_in_answers);
  EXPECT_TRUE(got->client_id_documents);
  EXPECT_FALSE(read_server_metadata(R"({"issuer":""})").ok());
  EXPECT_FALSE(read_server_metadata(R"({"issuer":"a","issuer":"b"})").ok());
}

TEST(Discovery, AsksInTheOrderOfTheSpecification) {
  auto url = *net::parse_url("https://r.example:8443/public/mcp/");
  EXPECT_THAT(resource_metadata_urls(url, "https://named/x"),
              ElementsAre("https://named/x", "https://r.example:8443/.well-known/oauth-protected-resource/public/mcp",
                          "https://r.example:8443/.well-known/oauth-protected-resource"));
  EXPECT_THAT(resource_metadata_urls(*net::parse_url("https://r.example"), ""),
              ElementsAre("https://r.example/.well-known/oauth-protected-resource"));
  EXPECT_THAT(server_metadata_urls("https://a.example/tenant1"),
              ElementsAre("https://a.example/.well-known/oauth-authorization-server/tenant1",
                          "https://a.example/.well-known/openid-configuration/tenant1",
                          "https://a.example/tenant1/.well-known/openid-configuration"));
  EXPECT_THAT(server_metadata_urls("https://a.example/"), ElementsAre("https://a.example/.well-known/oauth-authorization-server",
                                                                      "https://a.example/.well-known/openid-configuration"));
  EXPECT_TRUE(server_metadata_urls("https://a.example/?x=1").empty());
  EXPECT_TRUE(server_metadata_urls("a").empty());
}

TEST(Discovery, MetadataAreForTheServerThatWasAsked) {
  auto url = *net::parse_url("https://r.example/public/mcp");
  for (auto good : {"https://r.example/public/mcp", "https://r.example/public/mcp/", "https://r.example/public", "https://r.example",
                    "https://r.example/", "https://R.example:443/public"})
    EXPECT_TRUE(resource_covers(good, url)) << good;
  for (auto bad :
       {"https://evil.example/public/mcp", "http://r.example/public/mcp", "https://r.example:444/public/mcp", "https://r.example/publi",
        "https://r.example/public/mcp/x", "https://r.example/other", "https://r.example/public?x", "https://r.example/public#x", "", "r"})
    EXPECT_FALSE(resource_covers(bad, url)) << bad;
  EXPECT_EQ(resource_of(*net::parse_url("https://R.example:443")), "https://r.example");
  EXPECT_EQ(resource_of(url), "https://r.example/public/mcp");
}

TEST(Scopes, AreSets) {
  EXPECT_THAT(read_scopes(" a b  a\tc \"x\" d"), ElementsAre("a", "b", "d"));
  Scopes scopes{"a"};
  unite(scopes, {"b", "a"});
  EXPECT_EQ(scope_text(scopes), "a b");
  EXPECT_TRUE(holds_all(scopes, {"b"}));
  EXPECT_FALSE(holds_all(scopes, {"b", "c"}));
}

}  // namespace
}  // namespace oauth
