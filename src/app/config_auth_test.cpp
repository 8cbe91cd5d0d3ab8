#include "app/config_auth.h"

#include <gtest/gtest.h>

#include "app/config.h"

namespace app {
namespace {

using gateway::UpstreamAuth;

ReadConfig parse(const std::string& text) {
  auto environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "SECRET") return "hunter2-hunter2-hunter2-hunter2-!";
    return {};
  };
  return parse_config(text, "g.yaml", "/", environment);
}

std::string server(const std::string& auth) { return "servers:\n  desk: { url: https://mcp.example.com/mcp, auth: " + auth + " }\n"; }

UpstreamAuth good(const std::string& auth) {
  ReadConfig read = parse(server(auth));
  for (const Finding& finding : read.findings) ADD_FAILURE() << finding.text;
  return read.config ? read.config->gateway.servers[0].auth : UpstreamAuth();
}

TEST(ConfigAuth, EachGrantIsRead) {
  using Grant = UpstreamAuth::Grant;
  EXPECT_EQ(good("{ oauth: per-user }").grant, Grant::per_user);
  EXPECT_EQ(good("{ oauth: shared }").grant, Grant::shared);
  const std::string client = ", client_id: robot, client_secret: \"${env:SECRET}\"";
  const UpstreamAuth robot = good("{ oauth: client_credentials, scopes: [a, b]" + client + " }");
  EXPECT_EQ(robot.grant, Grant::client_credentials);
  EXPECT_EQ(robot.client_id, "robot");
  EXPECT_EQ(robot.client_secret.reveal().substr(0, 7), "hunter2");
  EXPECT_EQ(robot.scopes, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(good("{ oauth: token_exchange, issuer: https://id.example.com" + client + " }").issuer, "https://id.example.com");
  EXPECT_EQ(good("{ oauth: id_jag, provider: { issuer: https://id.example.com" + client + " } }").provider_client_id, "robot");
}

TEST(ConfigAuth, WhatAServerMayReachFollowsWhereItIs) {
  EXPECT_EQ(good("{ oauth: shared }").reach, UpstreamAuth::Reach::public_addresses);
  EXPECT_EQ(good("{ oauth: shared, reach: private }").reach, UpstreamAuth::Reach::private_networks);
  ReadConfig here = parse("servers: { desk: { url: http://127.0.0.1:9/mcp, auth: { oauth: shared } } }");
  ASSERT_TRUE(here.config);
  EXPECT_EQ(here.config->gateway.servers[0].auth.reach, UpstreamAuth::Reach::this_machine);
}

TEST(ConfigAuth, WhatCannotWorkIsSaid) {
  const std::pair<const char*, const char*> cases[] = {
      {"{ oauth: sometimes }", "auth.oauth must be per-user"},
      {"{ scopes: [a] }", "needs oauth"},
      {"{ oauth: client_credentials }", "needs client_id and client_secret"},
      {"{ oauth: token_exchange, client_id: a }", "needs issuer"},
      {"{ oauth: id_jag }", "needs provider"},
      {"{ oauth: shared, client_secret: a }", "needs client_id beside it"},
      {"{ oauth: shared, provider: { issuer: \"https://a.example\" } }", "is for oauth: id_jag"},
      {"{ oauth: shared, issuer: \"http://id.example.com\" }", "must be an https URL"},
      {"{ oauth: shared, client_id: a, client_secret: \"${env:NONE}\" }", "NONE is not set"},
      {"{ oath: shared }", "did you mean \"oauth\"?"},
  };
  for (const auto& [auth, why] : cases) {
    ReadConfig read = parse(server(auth));
    EXPECT_FALSE(read.config) << auth;
    bool said = false;
    for (const Finding& finding : read.findings) said = said || finding.text.find(why) != std::string::npos;
    EXPECT_TRUE(said) << auth;
  }
  ReadConfig both = parse("servers: { a: { url: https://a.example/mcp, auth: { oauth: shared }, headers: { authorization: x } } }");
  EXPECT_FALSE(both.config);
  ReadConfig command = parse("servers: { a: { command: [sh], auth: { oauth: shared } } }");
  EXPECT_FALSE(command.config);
}

TEST(ConfigAuth, VaultKeysHaveToBeLongEnough) {
  ReadConfig read = parse("servers: {}\nkeys: { vault: [\"${env:SECRET}\"] }");
  ASSERT_TRUE(read.config);
  EXPECT_EQ(read.config->gateway.token_keys.size(), 1u);
  EXPECT_FALSE(parse("servers: {}\nkeys: { vault: [short] }").config);
  EXPECT_FALSE(parse("servers: {}\nkeys: { vault: [] }").config);
}

}  // namespace
}  // namespace app
