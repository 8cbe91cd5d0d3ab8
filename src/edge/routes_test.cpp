#include "edge/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_client.h"

namespace {

using base::Task;
using testing::HasSubstr;

struct Got {
  int status = 0;
  std::string body;
  std::string type;
  std::string allow;
};

Task<void> say(net::HttpExchange* exchange, std::string text) { co_await exchange->respond(200, {{"Content-Type", "text/plain"}}, text); }

// The routes behind a real server on a real loop.
class RoutesTest : public testing::Test {
 protected:
  RoutesTest()
      : routes_(parts()), server_(loop_, {}, [this](net::HttpExchange& exchange) { return routes_.serve(exchange); }), client_(loop_, {}) {
    EXPECT_TRUE(server_.listen("127.0.0.1", 0).ok());
  }
  ~RoutesTest() override {
    auto stopped = loop_.block_on(server_.stop(base::Millis(1'000)));
    EXPECT_TRUE(stopped.ok());
  }

  edge::RouteParts parts() {
    edge::RouteParts parts;
    parts.version = "1.2.3";
    parts.aggregate = [](net::HttpExchange& exchange) { return say(&exchange, "the aggregate"); };
    parts.profiles["notes"] = [](net::HttpExchange& exchange) { return say(&exchange, "the notes"); };
    parts.servers["files"] = [](net::HttpExchange& exchange) { return say(&exchange, "files alone"); };
    parts.status = [] { return gateway::Status{}; };
    parts.check_store = [this]() -> Task<void> { return check(&store_); };
    parts.metrics = [] { return std::string("x 1\n"); };
    parts.usage = [] { return std::string("{\"window\":1}"); };
    parts.welcome = [](const net::HttpRequest& request) { return !request.find("Origin"); };
    return parts;
  }
  static Task<void> check(mcp::Result<>* store) {
    mcp::Result<> copy = *store;
    co_await std::move(copy);
  }

  static Task<Got> ask(net::HttpClient* client, net::HttpClientRequest request) {
    net::HttpResponse response = co_await client->send(request, {}, base::Timers::now() + base::Millis(10'000));
    Got got;
    got.status = response.status();
    got.type = response.find("Content-Type").value_or("");
    got.allow = response.find("Allow").value_or("");
    got.body = co_await response.body(1 << 20);
    co_return got;
  }
  Got get(std::string path, std::string_view method = "GET", std::vector<net::HttpHeader> headers = {}) {
    net::HttpClientRequest request;
    request.method = method;
    net::Url url = *net::parse_url(fmt::format("http://127.0.0.1:{}{}", server_.port(), path));
    request.url = &url;
    request.headers = headers;
    auto got = loop_.block_on(ask(&client_, request));
    EXPECT_TRUE(got.ok()) << got.error().message;
    return got ? *std::move(got) : Got{};
  }

  base::Loop loop_;
  mcp::Result<> store_;
  edge::Routes routes_;
  net::HttpServer server_;
  net::HttpClient client_;
};

TEST_F(RoutesTest, McpPathsGoToTheirEndpoints) {
  EXPECT_EQ(get("/mcp", "POST").body, "the aggregate");
  EXPECT_EQ(get("/mcp?disclosure=all").body, "the aggregate");
  EXPECT_EQ(get("/mcp/s/files", "DELETE").body, "files alone");
}

TEST_F(RoutesTest, PagesAreWhatTheySay) {
  EXPECT_EQ(get("/healthz").body, "{\"ok\":true}\n");
  EXPECT_THAT(get("/").body, HasSubstr("Gatehouse 1.2.3"));
  EXPECT_EQ(get("/budget").body, "{\"window\":1}\n");
  EXPECT_EQ(get("/metrics").body, "x 1\n");
  EXPECT_EQ(get("/metrics").type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(get("/readyz").status, 200);
  EXPECT_EQ(get("/healthz", "HEAD").status, 200);
}

TEST_F(RoutesTest, AStoreThatFailsIsNotReady) {
  store_ = mcp::Error(mcp::Code::internal, "disk full");
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_THAT(get("/readyz").body, HasSubstr("\"store\":\"disk full\""));
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(RoutesTest, WhatIsNotThereNamesWhatIs) {
  for (const char* path : {"/mcp/", "/mcp/s/none", "/mcp/s/", "/mcp/s/files/x", "/MCP", "/console/", "/%6dcp"}) {
    Got got = get(path);
    EXPECT_EQ(got.status, 404) << path;
    EXPECT_THAT(got.body, HasSubstr("\"servers\":[\"files\"]")) << path;
  }
}

TEST_F(RoutesTest, PagesCanOnlyBeRead) {
  Got got = get("/metrics", "POST");
  EXPECT_EQ(got.status, 405);
  EXPECT_EQ(got.allow, "GET, HEAD");
}

TEST_F(RoutesTest, ForeignPagesSeeNothing) {
  for (const char* path : {"/", "/metrics", "/readyz", "/none"})
    EXPECT_EQ(get(path, "GET", {{"Origin", "https://evil.example"}}).status, 403) << path;
  EXPECT_EQ(get("/healthz", "GET", {{"Origin", "https://evil.example"}}).status, 200);
}

}  // namespace
