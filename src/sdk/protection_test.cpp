// A protected server over loopback: an issuer that really answers, tokens that are really signed.
#include "sdk/protection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "base/json.h"
#include "mcp/ask.h"
#include "mcp/server.h"
#include "oauth/testing.h"
#include "protocol/versions/versions.h"
#include "sdk/http_endpoint.h"
#include "sdk/registry.h"
#include "sdk/server_core.h"

namespace sdk {
namespace {

using oauth::testing::SigningKey;
using ::testing::HasSubstr;
using ::testing::Not;

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

struct Answered {
  int status = 0;
  std::string body, challenge, session, headers;
};

class Protected : public ::testing::Test {
 protected:
  Protected() {
    issuer_ = std::make_unique<net::HttpServer>(loop, net::HttpServerOptions{}, [this](net::HttpExchange& x) { return publish(this, &x); });
    EXPECT_TRUE(issuer_->listen("127.0.0.1", 0).ok());
    issuer = "http://127.0.0.1:" + std::to_string(issuer_->port());
    server.tool("whoami", "Says who calls.", [](mcp::Call call) {
      const auto& p = call.principal();
      return p.issuer + "|" + p.subject + "|" + p.client_id + "|" + (p.has_scope("read") ? "reads" : "");
    });
    server.tool("wipe", "Needs more.", [] { return std::string("wiped"); }, {.scopes = {"write", "admin"}});
    server.tool("asks", "Asks once.", [](mcp::Call call) -> mcp::Result<std::string> {
      if (call.state() == "asked") return std::string("answered");
      return mcp::ask({}, "asked");
    });
    server.announces_tool_changes();
    protection = {.resource = "https://rs.example/mcp", .issuers = {issuer}, .scopes = {"read"}, .leeway = std::chrono::seconds(0)};
  }
  ~Protected() override {
    (void)loop.block_on(issuer_->stop(Millis(50)));
    if (http_) {
      (void)loop.block_on(http_->stop(Millis(50)));
      (void)loop.block_on(endpoint_->close(Millis(50)));
    }
    client_.reset();
  }
  void start() {
    server.protect(protection);
    ASSERT_EQ(server.problems(), "");
    core_ = std::make_unique<ServerCore>(loop, server);
    HttpEndpointOptions options;
    options.front.methods = core_->methods();
    options.origins.origins = {"https://page.example"};
    options.protection = std::make_shared<Protection>(loop, protection_parts(*server.registry()));
    endpoint_ = std::make_unique<HttpEndpoint>(loop, *core_, std::make_shared<SessionTable>(), options);
    http_ = std::make_unique<net::HttpServer>(loop, net::HttpServerOptions{}, [this](net::HttpExchange& exchange) {
      const auto& guard = endpoint_->options().protection;
      return guard->is_metadata(exchange.request().path) ? guard->serve_metadata(exchange) : endpoint_->serve(exchange);
    });
    ASSERT_TRUE(http_->listen("127.0.0.1", 0).ok());
    client_ = std::make_unique<net::HttpClient>(loop, net::HttpClientOptions{});
  }

  std::string token(std::string_view subject = "alice", std::string_view scope = "read", std::int64_t lives = 600) const {
    std::int64_t now = now_seconds();
    return key.sign(key.header(), R"({"iss":")" + issuer + R"(","aud":"https://rs.example/mcp","sub":")" + std::string(subject) +
                                      R"(","client_id":"app","jti":"1","iat":)" + std::to_string(now) + R"(,"exp":)" +
                                      std::to_string(now + lives) + R"(,"scope":")" + std::string(scope) + R"("})");
  }

  using Headers = std::vector<std::pair<std::string, std::string>>;
  Answered send(std::string method, std::string path, std::string body, Headers headers) {
    auto answer = loop.block_on(exchange(client_.get(), "http://127.0.0.1:" + std::to_string(http_->port()) + path, std::move(method),
                                         std::move(body), std::move(headers)));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *std::move(answer) : Answered{};
  }
  // A modern request.
  Answered call(std::string_view method, std::string_view name, std::string_view more, const std::string& bearer, Headers headers = {}) {
    std::string_view revision = protocol::latest_modern().name;
    std::string params = name.empty() ? "" : R"("name":")" + std::string(name) + R"(","arguments":{},)";
    std::string body = R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":{)" + params + std::string(more) +
                       R"("_meta":{"io.modelcontextprotocol/protocolVersion":")" + std::string(revision) +
                       R"(","io.modelcontextprotocol/clientCapabilities":{}}}})";
    headers.emplace_back("MCP-Protocol-Version", revision);
    headers.emplace_back("Mcp-Method", method);
    if (!name.empty()) headers.emplace_back("Mcp-Name", name);
    if (!bearer.empty()) headers.emplace_back("Authorization", "Bearer " + bearer);
    return send("POST", "/mcp", std::move(body), std::move(headers));
  }
  // A legacy message.
  Answered legacy(std::string method, const std::string& session, std::string body, const std::string& bearer) {
    Headers headers;
    if (!session.empty()) headers.emplace_back("Mcp-Session-Id", session);
    if (!bearer.empty()) headers.emplace_back("Authorization", "Bearer " + bearer);
    return send(std::move(method), "/mcp", std::move(body), std::move(headers));
  }
  std::string begin_session(const std::string& bearer, std::string_view revision) {
    std::string body = R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":")" + std::string(revision) +
                       R"(","capabilities":{},"clientInfo":{"name":"t","version":"1"}}})";
    Answered answer = legacy("POST", "", body, bearer);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.session;
  }

  Loop loop;
  SigningKey key{oauth::Alg::es256, "a"};
  std::string issuer;
  mcp::Server server{"guarded", "1"};
  mcp::Protection protection;
  int published = 0;

 private:
  static Task<void> publish(Protected* self, net::HttpExchange* exchange) {
    ++self->published;
    std::string body = exchange->request().path == "/jwks"
                           ? R"({"keys":[)" + self->key.jwk() + "]}"
                           : R"({"issuer":")" + self->issuer + R"(","jwks_uri":")" + self->issuer + R"(/jwks"})";
    co_await exchange->respond(200, {}, body);
  }
  static Task<Answered> exchange(net::HttpClient* client, std::string url, std::string method, std::string body, Headers headers) {
    net::Url place = co_await net::parse_url(url);
    std::vector<net::HttpHeader> lines{{"Accept", "application/json, text/event-stream"}, {"Content-Type", "application/json"}};
    for (const auto& [name, value] : headers) lines.push_back({name, value});
    net::HttpClientRequest request;
    request.method = method;
    request.url = &place;
    request.headers = lines;
    request.body = body;
    net::HttpResponse response = co_await client->send(request, {}, base::Timers::now() + Millis(10'000));
    Answered out;
    out.status = response.status();
    out.challenge = std::string(response.find("www-authenticate").value_or(""));
    out.session = std::string(response.find("mcp-session-id").value_or(""));
    for (const auto& line : response.headers()) out.headers.append(line.name).append(": ").append(line.value).append("\n");
    out.body = co_await response.body(1 << 20);
    co_return std::move(out);
  }

  std::unique_ptr<net::HttpServer> issuer_;
  std::unique_ptr<ServerCore> core_;
  std::unique_ptr<HttpEndpoint> endpoint_;
  std::unique_ptr<net::HttpServer> http_;
  std::unique_ptr<net::HttpClient> client_;
};

TEST_F(Protected, WithoutATokenNothingIsSaidButTheWayIn) {
  start();
  for (const char* method : {"POST", "GET", "DELETE"}) {
    Answered answer = send(method, "/mcp", "{", {});
    EXPECT_EQ(answer.status, 401) << method;
    EXPECT_EQ(answer.challenge, R"(Bearer resource_metadata="https://rs.example/.well-known/oauth-protected-resource/mcp", scope="read")");
  }
  EXPECT_EQ(call("server/discover", "", "", "").status, 401);
  EXPECT_EQ(published, 0);
}

TEST_F(Protected, AHandlerKnowsWhoCalls) {
  start();
  Answered answer = call("tools/call", "whoami", "", token());
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(issuer + "|alice|app|reads"));
  EXPECT_EQ(published, 2);
  EXPECT_THAT(call("tools/call", "whoami", "", token("bob")).body, HasSubstr("|bob|"));
  EXPECT_EQ(published, 2);
}

TEST_F(Protected, BadTokensAndBadRequests) {
  start();
  SigningKey forger(oauth::Alg::es256, "a");
  std::swap(key, forger);
  std::string forged = token();
  std::swap(key, forger);
  Answered answer = call("tools/call", "whoami", "", forged);
  EXPECT_EQ(answer.status, 401);
  EXPECT_THAT(answer.challenge, HasSubstr(R"(error="invalid_token")"));
  EXPECT_EQ(call("tools/call", "whoami", "", token("alice", "read", -1)).status, 401);
  EXPECT_EQ(call("tools/call", "whoami", "", token(), {{"Authorization", "Bearer x"}}).status, 400);
  EXPECT_EQ(send("POST", "/mcp?access_token=" + token(), "{}", {}).status, 400);
  EXPECT_EQ(call("tools/call", "whoami", "", "a b").status, 400);
}

TEST_F(Protected, AToolsScopesAreAskedForTogether) {
  start();
  Answered answer = call("tools/call", "wipe", "", token("alice", "read write"));
  EXPECT_EQ(answer.status, 403);
  EXPECT_THAT(answer.challenge, HasSubstr(R"(error="insufficient_scope")"));
  EXPECT_THAT(answer.challenge, HasSubstr(R"(scope="read write admin")"));
  EXPECT_THAT(call("tools/call", "wipe", "", token("alice", "read write admin")).body, HasSubstr("wiped"));
  EXPECT_EQ(call("tools/list", "", "", token("alice", "write")).status, 403);  // what every request needs
  EXPECT_EQ(call("tools/list", "", "", token()).status, 200);
}

TEST_F(Protected, ABatchNeedsWhatItsMessagesNeed) {
  start();
  const protocol::Revision* batched = nullptr;
  for (const auto* one : protocol::all_revisions())
    if (one->features.batching) batched = one;
  ASSERT_TRUE(batched);
  std::string bearer = token();
  std::string session = begin_session(bearer, batched->name);
  std::string batch = R"([{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"}},)"
                      R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"wipe"}}])";
  Answered answer = legacy("POST", session, batch, bearer);
  EXPECT_EQ(answer.status, 403);
  EXPECT_THAT(answer.challenge, HasSubstr(R"(scope="read write admin")"));
  EXPECT_THAT(legacy("POST", session, batch, token("alice", "read write admin")).body, HasSubstr("wiped"));
}

TEST_F(Protected, ASessionIsItsPrincipals) {
  start();
  std::string list = R"({"jsonrpc":"2.0","id":5,"method":"tools/list"})";
  std::string session = begin_session(token(), protocol::latest_legacy().name);
  EXPECT_EQ(legacy("POST", session, list, token()).status, 200);
  EXPECT_EQ(legacy("POST", session, list, token("bob")).status, 404);
  EXPECT_EQ(legacy("GET", session, "", token("bob")).status, 404);
  EXPECT_EQ(legacy("DELETE", session, "", token("bob")).status, 404);
  EXPECT_EQ(legacy("POST", session, list, "").status, 401);
  EXPECT_EQ(legacy("POST", session, list, token()).status, 200);
  EXPECT_EQ(legacy("DELETE", session, "", token()).status, 200);
}

TEST_F(Protected, AStateIsItsPrincipals) {
  start();
  Answered first = call("tools/call", "asks", "", token());
  auto state = base::find_member(base::find_member(first.body, "result"), "requestState");
  ASSERT_FALSE(state.empty()) << first.body;
  std::string again = R"("requestState":)" + std::string(state) + R"(,"inputResponses":{},)";
  EXPECT_THAT(call("tools/call", "asks", again, token("bob")).body, HasSubstr("requestState is not valid"));
  EXPECT_THAT(call("tools/call", "asks", again, token()).body, HasSubstr("answered"));
}

TEST_F(Protected, AStreamEndsWithItsToken) {
  start();
  Answered answer = call("subscriptions/listen", "", R"("notifications":{"toolsListChanged":true},)", token("alice", "read", 2));
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("acknowledged"));
  EXPECT_THAT(answer.body, HasSubstr(R"("result")"));  // it ended well
}

TEST_F(Protected, MetadataIsForEverybody) {
  start();
  for (const char* path : {"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"}) {
    Answered answer = send("GET", path, "", {{"Origin", "https://anywhere.example"}});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body,
              R"({"resource":"https://rs.example/mcp","authorization_servers":[")" + issuer +
                  R"("],"scopes_supported":["read","write","admin"],"bearer_methods_supported":["header"],"resource_name":"guarded"})");
    EXPECT_THAT(answer.headers, HasSubstr("Access-Control-Allow-Origin: *\n"));
    EXPECT_THAT(answer.headers, HasSubstr("Cache-Control: public"));
    EXPECT_EQ(send("POST", path, "{}", {}).status, 405);
    EXPECT_EQ(send("OPTIONS", path, "", {}).status, 204);
  }
  EXPECT_EQ(send("GET", "/.well-known/oauth-protected-resource/other", "", {}).status, 401);
}

TEST_F(Protected, APageMayReadWhyItIsRefused) {
  start();
  Answered answer = call("tools/list", "", "", "", {{"Origin", "https://page.example"}});
  EXPECT_EQ(answer.status, 401);
  EXPECT_THAT(answer.headers, HasSubstr("Access-Control-Allow-Origin: https://page.example\n"));
  EXPECT_THAT(answer.headers, HasSubstr("Access-Control-Expose-Headers: WWW-Authenticate"));
  EXPECT_EQ(send("OPTIONS", "/mcp", "", {{"Origin", "https://page.example"}}).status, 204);
  EXPECT_EQ(call("tools/list", "", "", token(), {{"Origin", "https://evil.example"}}).status, 403);
}

TEST(Protect, ProblemsAreFoundBeforeItRuns) {
  mcp::Server unprotected("s", "1");
  unprotected.tool("t", "T.", [] { return 1; }, {.scopes = {"x"}});
  EXPECT_THAT(unprotected.problems(), HasSubstr("tool 't': it needs scopes, and the server does not protect()"));
  unprotected.protect({.resource = "http://rs.example/mcp", .issuers = {}});
  EXPECT_THAT(unprotected.problems(), HasSubstr("protect(): the resource 'http://rs.example/mcp' must be https"));
  EXPECT_THAT(unprotected.problems(), HasSubstr("protect(): no issuer is named"));
  EXPECT_THAT(unprotected.problems(), Not(HasSubstr("does not protect()")));
}

}  // namespace
}  // namespace sdk
