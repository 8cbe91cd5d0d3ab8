// Credentials on the requests of a connection, against an HTTP server that refuses them until it is content.
#include "sdk/authorizer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "net/http_server.h"
#include "sdk/connection.h"

namespace {

using base::Code;
using base::Loop;
using base::Result;
using base::Task;
using sdk::Authorizer;

// Says what a script says, and writes down what it was asked.
class Scripted final : public Authorizer {
 public:
  Task<Lines> lines(std::string method, net::Url url, std::stop_token) override {
    asked.push_back(method + " " + url.target);
    Lines out;
    out.generation = generation;
    if (!token.empty()) out.headers.emplace_back("Authorization", "Bearer " + token);
    co_return std::move(out);
  }
  Task<Verdict> refused(Refusal refusal, std::stop_token) override {
    refusals.push_back(refusal);
    if (error) co_return *error;
    if (verdict == Verdict::send_again) token = "t" + std::to_string(++generation);
    co_return verdict;
  }
  void heard_nonce(std::string_view nonce) override { nonces.emplace_back(nonce); }
  Task<void> close() override { co_return; }

  std::string token;
  std::uint64_t generation = 0;
  Verdict verdict = Verdict::send_again;
  std::optional<base::Error> error;
  std::vector<std::string> asked, nonces;
  std::vector<Refusal> refusals;
};

class AuthorizedTest : public testing::Test {
 protected:
  AuthorizedTest() {
    server_ = std::make_unique<net::HttpServer>(loop, net::HttpServerOptions{},
                                                [this](net::HttpExchange& exchange) { return serve(this, &exchange); });
    EXPECT_TRUE(server_->listen("127.0.0.1", 0).ok());
    client = std::make_unique<net::HttpClient>(loop, net::HttpClientOptions{});
    url = *net::parse_url("http://127.0.0.1:" + std::to_string(server_->port()) + "/mcp");
  }
  ~AuthorizedTest() override {
    EXPECT_TRUE(loop.block_on(server_->stop(base::Millis(50))).ok());
    client.reset();
  }

  static Task<void> serve(AuthorizedTest* self, net::HttpExchange* exchange) {
    std::string token(exchange->request().find("authorization").value_or(""));
    EXPECT_LE(exchange->request().count("authorization"), 1u);
    self->seen.push_back(token);
    if (token == self->wanted) {
      net::HeaderLines lines({"DPoP-Nonce", "n2"});
      co_await exchange->respond(200, lines, "fine");
    } else {
      net::HeaderLines lines({"WWW-Authenticate", "Bearer scope=\"a\""}, {"WWW-Authenticate", "DPoP"}, {"DPoP-Nonce", "n1"});
      co_await exchange->respond(self->refusal_status, lines, "no");
    }
  }

  struct Answer {
    int status = 0;
    std::string body;
  };
  static Task<Answer> fetch(net::HttpClient* client, Authorizer* authorizer, net::Url url) {
    net::HttpHeader headers[] = {{"Authorization", "Basic configured"}};
    net::HttpClientRequest request;
    request.url = &url;
    request.headers = headers;
    std::stop_token none;
    net::HttpResponse response =
        co_await sdk::send_authorized(client, authorizer, request, none, base::Timers::now() + base::Millis(10'000));
    Answer answer;
    answer.status = response.status();
    answer.body = co_await response.body(1000);
    co_return std::move(answer);
  }
  Result<Answer> fetch(Authorizer* authorizer) { return loop.block_on(fetch(client.get(), authorizer, url)); }

  Loop loop;
  net::Url url;
  std::string wanted = "Bearer t2";
  int refusal_status = 401;
  std::vector<std::string> seen;
  std::unique_ptr<net::HttpClient> client;

 private:
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(AuthorizedTest, WithoutAnAuthorizerTheAnswerIsTheAnswer) {
  auto answer = fetch(nullptr);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 401);
  EXPECT_EQ(seen, std::vector<std::string>{"Basic configured"});
}

TEST_F(AuthorizedTest, SendsAgainWithBetterCredentials) {
  Scripted scripted;
  auto answer = fetch(&scripted);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "fine");
  // The line from the configuration goes only as long as there is no token.
  EXPECT_EQ(seen, (std::vector<std::string>{"Basic configured", "Bearer t1", "Bearer t2"}));
  EXPECT_EQ(scripted.asked.front(), "GET /mcp");
  ASSERT_EQ(scripted.refusals.size(), 2u);
  EXPECT_EQ(scripted.refusals[0].challenges, (std::vector<std::string>{"Bearer scope=\"a\"", "DPoP"}));
  EXPECT_EQ(scripted.refusals[0].dpop_nonce, "n1");
  EXPECT_EQ(scripted.refusals[1].generation, 1u);
  EXPECT_EQ(scripted.refusals[1].attempt, 2);
  EXPECT_EQ(scripted.nonces, std::vector<std::string>{"n2"});
}

TEST_F(AuthorizedTest, StopsAfterAFewSendings) {
  wanted = "never";
  refusal_status = 403;
  Scripted scripted;
  auto answer = fetch(&scripted);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 403);
  EXPECT_EQ(seen.size(), 5u);
}

TEST_F(AuthorizedTest, AGoodByeTroublesNobody) {
  Scripted scripted;
  auto bye = [](net::HttpClient* http, Authorizer* authorizer, net::Url there) -> Task<int> {
    net::HttpClientRequest request;
    request.method = "DELETE";
    request.url = &there;
    std::stop_token none;
    const base::Instant deadline = base::Timers::now() + base::Millis(10'000);
    net::HttpResponse response = co_await sdk::send_authorized(http, authorizer, request, none, deadline, sdk::OnRefusal::stands);
    co_return response.status();
  };
  EXPECT_EQ(*loop.block_on(bye(client.get(), &scripted, url)), 401);
  EXPECT_TRUE(scripted.refusals.empty());
}

TEST_F(AuthorizedTest, ARefusalMayStandAndSignInMayFail) {
  Scripted scripted;
  scripted.verdict = Authorizer::Verdict::stands;
  auto answer = fetch(&scripted);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 401);
  EXPECT_EQ(answer->body, "no");
  scripted.error = base::Error(Code::unauthenticated, "nobody signed in");
  answer = fetch(&scripted);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().message, "nobody signed in");
}

// A server that wants sign-in says nothing about its era; a failed sign-in is what the caller hears.
TEST_F(AuthorizedTest, AFailedSignInIsNoEvidenceOfAnEra) {
  sdk::ConnectionOptions options;
  options.identity.info = R"({"name":"test","version":"1"})";
  auto scripted = std::make_shared<Scripted>();
  scripted->error = base::Error(Code::unauthenticated, "nobody signed in");
  options.authorizer = scripted;
  auto opened = loop.block_on(sdk::open_http(loop, *client, url, std::move(options)));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Code::unauthenticated);
  EXPECT_EQ(seen.size(), 1u);
}

}  // namespace
