#include "trust/registry/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_server.h"
#include "trust/registry/added.h"
#include "trust/registry/client.h"
#include "trust/registry/plan.h"

namespace trust {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string entry(std::string_view name, std::string_view version, std::string_view inside, std::string_view status = "active") {
  return fmt::format(
      R"({{"server":{{"name":"{}","description":"Winches.","version":"{}",{}}},"_meta":{{"io.modelcontextprotocol.registry/official":{{"status":"{}","statusMessage":"why","isLatest":true}}}}}})",
      name, version, inside, status);
}

constexpr std::string_view kNpm =
    R"("packages":[{"registryType":"npm","identifier":"@harbor/winches","version":"1.2.0","transport":{"type":"stdio"}}])";

RegistryServer server(const std::string& json) {
  auto read = parse_registry_server(json);
  EXPECT_TRUE(read.ok()) << (read ? "" : read.error().message);
  return read ? *std::move(read) : RegistryServer();
}

RegistryServer with(std::string_view inside) { return server(entry("io.github.harbor/winches", "1.2.0", inside)); }

TEST(RegistryRecord, ReadsAnEntry) {
  const RegistryServer read = server(entry("io.github.harbor/winches", "1.2.0", kNpm, "deprecated"));
  EXPECT_EQ(read.name, "io.github.harbor/winches");
  EXPECT_EQ(read.status, RegistryServer::Status::deprecated);
  EXPECT_EQ(read.status_message, "why");
  EXPECT_TRUE(read.latest);
  ASSERT_EQ(read.packages.size(), 1U);
  EXPECT_EQ(read.packages[0].identifier, "@harbor/winches");
  EXPECT_EQ(read.digest.size(), 64U);
}

TEST(RegistryRecord, TheDigestIsOfWhatIsSaidAndNotOfItsOrder) {
  const std::string digest = server(R"({"server":{"name":"a/b","version":"1.0","description":"x"}})").digest;
  EXPECT_EQ(digest, server(R"({"server":{"description":"x","version":"1.0","name":"a/b"},"_meta":{}})").digest);
  EXPECT_NE(digest, server(R"({"server":{"name":"a/b","version":"1.0","description":"y"}})").digest);
}

TEST(RegistryRecord, RefusesWhatItCannotUnderstand) {
  const char* kBad[] = {
      "[]",
      "{}",
      "nonsense",
      R"({"server":{}})",
      R"({"server":{"name":"a/b"}})",
      R"({"server":{"name":"no-slash","version":"1"}})",
      R"({"server":{"name":"a/b","version":1}})",
      R"({"server":{"name":"a/b","version":"1","description":"\u001b[2J"}})",
      R"({"server":{"name":"a/b","version":"1","packages":{}}})",
      R"({"server":{"name":"a/b","version":"1","packages":[{}]}})",
      R"({"server":{"name":"a/b","version":"1"},"_meta":{"io.modelcontextprotocol.registry/official":{"status":"fine"}}})",
      R"({"server":{"name":"a/../b","version":"1"}})"};
  for (const char* bad : kBad) EXPECT_FALSE(parse_registry_server(bad).ok()) << bad;
  auto page = parse_registry_page(R"({"servers":[{"server":{"name":"a/b","version":"1"}},{"server":7},{}]})");
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->servers.size(), 1U);
  EXPECT_EQ(page->refused, 2U);
  EXPECT_FALSE(parse_registry_page(R"({"servers":{}})").ok());
}

TEST(RegistryPlan, MakesACommandWithAnExactVersion) {
  auto plan = plan_server(with(kNpm), {});
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_THAT(plan->launch.argv, ElementsAre("npx", "-y", "@harbor/winches@1.2.0"));
  plan = plan_server(with(R"("packages":[{"registryType":"pypi","identifier":"winches","version":"1.2.0","transport":{"type":"stdio"}}])"),
                     {});
  ASSERT_TRUE(plan.ok());
  EXPECT_THAT(plan->launch.argv, ElementsAre("uvx", "winches==1.2.0"));
  for (const char* moving : {"latest", "", "^1.2.0", "1.x", "1", "v1.0"}) {
    auto no = plan_server(
        with(fmt::format(R"("packages":[{{"registryType":"npm","identifier":"winches","version":"{}","transport":{{"type":"stdio"}}}}])",
                         moving)),
        {});
    EXPECT_FALSE(no.ok()) << moving;
  }
}

TEST(RegistryPlan, FillsInValuesAndKeepsSecretsOut) {
  const RegistryServer asked = with(
      R"("packages":[{"registryType":"oci","identifier":"ghcr.io/harbor/winches:1.2.0","transport":{"type":"stdio"},)"
      R"("packageArguments":[{"type":"named","name":"--depth","default":"3"},{"type":"positional","valueHint":"folder","isRequired":true},{"type":"named","name":"--rest"}],)"
      R"("environmentVariables":[{"name":"TOKEN","isSecret":true,"isRequired":true},{"name":"MODE","value":"${env:HOME} {}"},{"name":"NOTE"},{"name":"PLACE","default":"{harbor}/x"}]}])");
  auto plan = plan_server(asked, {});
  ASSERT_FALSE(plan.ok());
  EXPECT_THAT(plan.error().message, HasSubstr("--set"));
  plan = plan_server(asked, {{"harbor", "north"}, {"folder", "/srv"}, {"depth", "5"}});
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_THAT(plan->launch.argv, ElementsAre("docker", "run", "-i", "--rm", "-e", "MODE", "-e", "PLACE", "-e", "TOKEN",
                                             "ghcr.io/harbor/winches:1.2.0", "--depth", "5", "/srv"));
  EXPECT_EQ(plan->launch.env.at("PLACE"), "north/x");
  EXPECT_EQ(plan->launch.env.at("MODE"), "${env:HOME} {}");  // text, and no placeholder
  EXPECT_EQ(plan->launch.env.at("TOKEN"), "");
  EXPECT_EQ(plan->from_environment.at("TOKEN"), "TOKEN");
  EXPECT_THAT(plan->optional, ElementsAre("NOTE"));
}

TEST(RegistryPlan, TakesAnAddressWhereThereIsNoProgram) {
  auto plan = plan_server(
      with(
          R"("remotes":[{"type":"streamable-http","url":"https://{tenant}.example.com/mcp","headers":[{"name":"X-Api-Key","isSecret":true,"isRequired":true}]}])"),
      {{"tenant", "acme"}});
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ(plan->url, "https://acme.example.com/mcp");
  EXPECT_EQ(plan->from_environment.at("X-Api-Key"), "X_Api_Key");
  EXPECT_FALSE(plan_server(with(R"("remotes":[{"type":"sse","url":"http://plain.example.com"}])"), {}).ok());
  EXPECT_FALSE(plan_server(with(R"("remotes":[])"), {}).ok());
  auto other =
      plan_server(with(R"("packages":[{"registryType":"mcpb","identifier":"https://x/y.mcpb","transport":{"type":"stdio"}}])"), {});
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error().message, HasSubstr("mcpb"));
}

TEST(RegistryPlan, RefusesSecretsAsArgumentsAndNamesThatAreOptions) {
  EXPECT_FALSE(
      plan_server(with(R"("packages":[{"registryType":"npm","identifier":"winches","version":"1.0.0","transport":{"type":"stdio"},)"
                       R"("packageArguments":[{"type":"named","name":"--key","isSecret":true,"isRequired":true}]}])"),
                  {})
          .ok());
  EXPECT_FALSE(
      plan_server(with(R"("packages":[{"registryType":"npm","identifier":"--call=evil","version":"1.0.0","transport":{"type":"stdio"}}])"),
                  {})
          .ok());
}

TEST(RegistryPlan, MakesIds) {
  EXPECT_EQ(id_for("io.github.harbor/mcp-server-winches"), "winches");
  EXPECT_EQ(id_for("io.github.harbor/mcp-server"), "mcp-server");
  EXPECT_EQ(id_for("io.github.harbor/Two_Words"), "two-words");
  EXPECT_EQ(id_for("io.github.harbor/9"), "server");
  EXPECT_LE(id_for("io.github.harbor/a-very-long-name-of-many-words-that-goes-on").size(), 24U);
}

TEST(AddedServers, AreReadAsTheyWereWritten) {
  AddedServers servers;
  EXPECT_TRUE(parse_added(added_text(servers)).ok());
  servers["winches"] = {"https://r.example", "io.github.harbor/winches", "1.2.0", "00"};
  servers["cranes"] = {"https://r.example", "io.github.harbor/cranes", "2.0.0", "11"};
  auto read = parse_added(added_text(servers));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, servers);
  for (const char* bad : {"", "{}", "[]", R"({"servers":{"a":{}}})", R"({"servers":{"a":{"registry":1}}})", R"({"servers":[]})"})
    EXPECT_FALSE(parse_added(bad).ok()) << bad;
  EXPECT_EQ(added_file_of("/etc/gatehouse.yaml"), "/etc/gatehouse.registry.json");
  EXPECT_EQ(added_file_of("config"), "config.registry.json");
}

// A registry on this machine that answers as it is told to.
class RegistryClientTest : public ::testing::Test {
 protected:
  RegistryClientTest() {
    http_ = std::make_unique<net::HttpServer>(loop, net::HttpServerOptions{},
                                              [this](net::HttpExchange& exchange) { return serve(this, &exchange); });
    EXPECT_TRUE(http_->listen("127.0.0.1", 0).ok());
    client = std::make_unique<RegistryClient>(loop, *net::parse_url(fmt::format("http://127.0.0.1:{}/", http_->port())), net::ProxyRules());
  }
  ~RegistryClientTest() override {
    client.reset();
    EXPECT_TRUE(loop.block_on(http_->stop(base::Millis(50))).ok());
  }

  static base::Task<void> serve(RegistryClientTest* self, net::HttpExchange* exchange) {
    self->asked.emplace_back(exchange->request().target);
    auto answer = self->answers.find(exchange->request().target);
    const bool there = answer != self->answers.end();
    const int status = there ? answer->second.first : 404;
    const std::string body = there ? answer->second.second : R"({"error":"Server not found"})";
    net::HeaderLines lines({"Content-Type", "application/json"}, {"Retry-After", "30"}, {"Location", "/elsewhere"});
    co_await exchange->respond(status, lines, body);
  }

  mcp::Result<RegistryServer> show(const char* name, const char* version) { return loop.block_on(client->show(name, version, {})); }
  mcp::Result<RegistryFound> search(const char* text, std::size_t most) { return loop.block_on(client->search(text, most, {})); }

  base::Loop loop;
  std::map<std::string, std::pair<int, std::string>, std::less<>> answers;
  std::vector<std::string> asked;
  std::unique_ptr<RegistryClient> client;

 private:
  std::unique_ptr<net::HttpServer> http_;
};

constexpr const char* kOne = "/v0.1/servers/io.github.harbor%2Fwinches/versions/1.2.0?include_deleted=true";

TEST_F(RegistryClientTest, ShowsAVersionAndOnlyThatOne) {
  answers[kOne] = {200, entry("io.github.harbor/winches", "1.2.0", kNpm)};
  auto one = show("io.github.harbor/winches", "1.2.0");
  ASSERT_TRUE(one.ok()) << one.error().message;
  EXPECT_EQ(one->version, "1.2.0");
  answers[kOne] = {200, entry("io.github.harbor/winches", "1.2.1", kNpm)};
  EXPECT_EQ(show("io.github.harbor/winches", "1.2.0").error().code, mcp::Code::upstream_failed);
  answers[kOne] = {200, entry("io.github.harbour/winches", "1.2.0", kNpm)};
  EXPECT_EQ(show("io.github.harbor/winches", "1.2.0").error().code, mcp::Code::upstream_failed);
}

TEST_F(RegistryClientTest, WhatIsNoPlainAnswerIsAnError) {
  EXPECT_EQ(show("io.github.harbor/winches", "9.9.9").error().code, mcp::Code::not_found);
  answers[kOne] = {429, "{}"};
  auto limited = show("io.github.harbor/winches", "1.2.0");
  EXPECT_EQ(limited.error().code, mcp::Code::rate_limited);
  EXPECT_THAT(limited.error().message, HasSubstr("30 seconds"));
  for (int status : {204, 302, 401, 500, 503}) {
    answers[kOne] = {status, ""};
    EXPECT_EQ(show("io.github.harbor/winches", "1.2.0").error().code, mcp::Code::upstream_failed) << status;
  }
  answers[kOne] = {200, "<html>"};
  EXPECT_EQ(show("io.github.harbor/winches", "1.2.0").error().code, mcp::Code::upstream_failed);
  EXPECT_EQ(asked.size(), 8U);
  EXPECT_EQ(show("../../etc", "1").error().code, mcp::Code::invalid_argument);
  EXPECT_EQ(asked.size(), 8U);
}

TEST_F(RegistryClientTest, FollowsCursorsAndNotInCircles) {
  const auto page = [](const char* name, const char* next) {
    return fmt::format(R"({{"servers":[{}],"metadata":{{"nextCursor":"{}"}}}})", entry(name, "1.0.0", kNpm), next);
  };
  const char* kFirst = "/v0.1/servers?search=win%20ch&version=latest&limit=10";
  const char* kSecond = "/v0.1/servers?search=win%20ch&version=latest&limit=10&cursor=a%2Fb%3A1.0";
  answers[kFirst] = {200, page("a/b", "a/b:1.0")};
  answers[kSecond] = {200, page("a/c", "")};
  auto found = search("win ch", 10);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->servers.size(), 2U);
  EXPECT_FALSE(found->more);
  answers[kSecond] = {200, page("a/c", "a/b:1.0")};
  EXPECT_EQ(search("win ch", 10).error().code, mcp::Code::upstream_failed);
  answers[kSecond] = {429, ""};
  EXPECT_EQ(search("win ch", 10).error().code, mcp::Code::rate_limited);
}

TEST_F(RegistryClientTest, StopsAtAsManyAsAreWanted) {
  answers["/v0.1/servers?search=w&version=latest&limit=1"] = {
      200, fmt::format(R"({{"servers":[{},{}]}})", entry("a/b", "1.0.0", kNpm), entry("a/c", "1.0.0", kNpm))};
  auto found = search("w", 1);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->servers.size(), 1U);
  EXPECT_TRUE(found->more);
}

}  // namespace
}  // namespace trust
