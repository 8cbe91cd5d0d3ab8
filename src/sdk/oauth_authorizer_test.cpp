// Signing in, against a server and an authorization server on loopback that can be told to misbehave.
#include "sdk/oauth_authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "net/http_server.h"
#include "oauth/authorization.h"
#include "oauth/form.h"
#include "sdk/connection.h"

namespace {

using base::Code;
using base::Error;
using base::Loop;
using base::Millis;
using base::Result;
using base::Task;
using sdk::Authorizer;
using sdk::OAuthAuthorizer;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// One origin that is an MCP server at /mcp, and the authorization servers /as1 and /as2.
class Town {
 public:
  explicit Town(Loop& loop) : loop_(loop) {
    server_ = std::make_unique<net::HttpServer>(loop, net::HttpServerOptions{},
                                                [this](net::HttpExchange& exchange) { return serve(this, &exchange); });
    EXPECT_TRUE(server_->listen("127.0.0.1", 0).ok());
    origin = "http://127.0.0.1:" + std::to_string(server_->port());
    as = origin + "/as1";
  }
  ~Town() { EXPECT_TRUE(loop_.block_on(server_->stop(Millis(50))).ok()); }

  std::string origin, as;
  // What the tests change. `{O}` in a text is the origin.
  std::string resource = "{O}/mcp";
  std::string scopes = R"("a")";
  std::string metadata_more = R"("code_challenge_methods_supported":["S256"],)";
  std::string issuer;  // of the document; empty: as it should be
  std::string token_endpoint = "{A}/token";
  std::string challenge = R"(Bearer resource_metadata="{O}/meta")";
  std::string needs_scope;     // 403 for tokens without it
  std::string refuse_refresh;  // an error code
  std::string refuse_grant;
  bool always_401 = false;
  int life = 3600;
  // What happened.
  std::vector<std::string> seen;     // method and path of everything but /mcp
  std::vector<oauth::Form> tokens;   // bodies of token requests
  std::vector<std::string> bearers;  // Authorization lines at /mcp
  std::vector<std::string> good;     // access tokens that count
  std::string refresh_token = "none";
  int given = 0;

  int count(std::string_view path) const { return static_cast<int>(std::count(seen.begin(), seen.end(), path)); }

  // The user, who says yes: the redirect of the authorization server, without a browser.
  Task<std::string> approve(std::string url) {
    oauth::Form form = *oauth::read_form(url.substr(url.find('?') + 1));
    asked_scopes.push_back(oauth::find(form, "scope") ? *oauth::find(form, "scope") : "");
    last_client = *oauth::find(form, "client_id");
    std::string issuer_there = url.substr(0, url.find("/authorize"));
    co_return *oauth::find(form, "redirect_uri") + "?code=c&state=" + *oauth::find(form, "state") +
        "&iss=" + oauth::percent_encoded(issuer_there);
  }
  std::vector<std::string> asked_scopes;
  std::string last_client;

 private:
  std::string filled(std::string text) const {
    for (const auto& [from, to] : {std::pair(std::string("{O}"), origin), std::pair(std::string("{A}"), as)})
      for (std::size_t at; (at = text.find(from)) != text.npos;) text.replace(at, 3, to);
    return text;
  }

  static Task<void> serve(Town* self, net::HttpExchange* exchange) {
    net::HttpRequest& request = exchange->request();
    std::string path(request.path), body = std::move(request.body), bearer(request.find("authorization").value_or(""));
    net::HeaderLines json({"Content-Type", "application/json"});
    if (path != "/mcp") self->seen.push_back(std::string(request.method) + " " + path);
    if (path == "/mcp") {
      self->bearers.push_back(bearer);
      const bool known = bearer.starts_with("Bearer ") && std::count(self->good.begin(), self->good.end(), bearer.substr(7)) > 0;
      const bool enough = self->needs_scope.empty() || bearer.find(self->needs_scope) != bearer.npos;
      std::string more = self->filled(self->challenge);
      if (known && !enough) more = R"(Bearer error="insufficient_scope", scope=")" + self->needs_scope + "\"";
      net::HeaderLines lines({"WWW-Authenticate", more});
      if (known && enough && !self->always_401)
        co_await exchange->respond(200, json, "{}");
      else
        co_await exchange->respond(known && !self->always_401 ? 403 : 401, lines, "");
    } else if (path == "/meta") {
      std::string text = self->filled(R"({"resource":")" + self->resource + R"(","authorization_servers":["{A}"],"scopes_supported":[)" +
                                      self->scopes + "]}");
      co_await exchange->respond(200, json, text);
    } else if (path.starts_with("/.well-known/oauth-authorization-server/as")) {
      std::string text =
          self->filled(R"({"issuer":")" + (self->issuer.empty() ? self->as : self->issuer) + R"(",)" + self->metadata_more +
                       R"("authorization_endpoint":"{A}/authorize","registration_endpoint":"{A}/register","token_endpoint":")" +
                       self->token_endpoint + R"(","token_endpoint_auth_methods_supported":["none"]})");
      co_await exchange->respond(200, json, text);
    } else if (path.ends_with("/register")) {
      std::string text = R"({"client_id":"client-of-)" + path.substr(1, 3) + R"("})";
      co_await exchange->respond(201, json, text);
    } else if (path.ends_with("/token")) {
      std::string text;
      int status = self->token(*oauth::read_form(body), &text);
      co_await exchange->respond(status, json, text);
    } else {
      co_await exchange->respond(404, json, "");
    }
  }

  // An access token tells its scopes, for the MCP server to see.
  int token(oauth::Form form, std::string* out) {
    tokens.push_back(form);
    const std::string grant = *oauth::find(form, "grant_type");
    std::string wrong = grant == "refresh_token" ? refuse_refresh : refuse_grant;
    if (grant == "refresh_token" && *oauth::find(form, "refresh_token") != refresh_token) wrong = "invalid_grant";
    if (!wrong.empty()) {
      *out = R"({"error":")" + wrong + R"("})";
      return 400;
    }
    if (!asked_scopes.empty()) granted_ = asked_scopes.back();
    std::string access = "t" + std::to_string(++given) + "." + granted_;
    std::replace(access.begin(), access.end(), ' ', '+');
    good = {access};
    refresh_token = "r" + std::to_string(given);
    *out = R"({"access_token":")" + access + R"(","token_type":"Bearer","expires_in":)" + std::to_string(life) + R"(,"refresh_token":")" +
           refresh_token + "\"}";
    return 200;
  }

  Loop& loop_;
  std::string granted_;
  std::unique_ptr<net::HttpServer> server_;
};

class SigningIn : public testing::Test {
 public:
  SigningIn() : client(std::make_unique<net::HttpClient>(loop, net::HttpClientOptions{})), url(*net::parse_url(town.origin + "/mcp")) {
    options.reach = mcp::OAuth::Reach::loopback_too;
    options.sign_in.redirect_uri = "http://127.0.0.1:1/cb";
    options.sign_in.visit = [this](std::string there, std::stop_token) { return town.approve(std::move(there)); };
    options.store = mcp::memory_token_store();
    options.on_deprecated = [this](std::string_view what) { deprecated.emplace_back(what); };
  }
  ~SigningIn() override {
    close();
    client.reset();
  }

  void close() {
    if (authorizer) (void)loop.block_on(authorizer->close());
    authorizer.reset();
  }
  void make() {
    close();
    authorizer = std::make_unique<OAuthAuthorizer>(loop, options, url, [this] { return now; });
  }
  static Task<int> call(net::HttpClient* client, Authorizer* authorizer, net::Url url, std::stop_token stop) {
    net::HttpClientRequest request;
    request.method = "POST";
    request.url = &url;
    net::HttpResponse response = co_await sdk::send_authorized(client, authorizer, request, stop, base::Timers::now() + Millis(10'000));
    co_return response.status();
  }
  Result<int> call() {
    if (!authorizer) make();
    return loop.block_on(call(client.get(), authorizer.get(), url, {}));
  }
  void expect_failure(Code code, std::string_view words) {
    auto got = call();
    ASSERT_FALSE(got.ok()) << *got;
    EXPECT_EQ(mcp::code_name(got.error().code), mcp::code_name(code)) << got.error().message;
    EXPECT_THAT(got.error().message, HasSubstr(std::string(words)));
  }

  Loop loop;
  Town town{loop};
  std::int64_t now = 1'000'000;
  mcp::OAuth options;
  std::vector<std::string> deprecated;
  std::unique_ptr<net::HttpClient> client;
  net::Url url;
  std::unique_ptr<OAuthAuthorizer> authorizer;
};

TEST_F(SigningIn, GoesAllTheWayAndKeepsWhatItGot) {
  ASSERT_EQ(*call(), 200);
  EXPECT_THAT(town.seen,
              ElementsAre("GET /meta", "GET /.well-known/oauth-authorization-server/as1", "POST /as1/register", "POST /as1/token"));
  EXPECT_THAT(town.asked_scopes, ElementsAre("a"));
  const oauth::Form& form = town.tokens.front();
  EXPECT_EQ(*oauth::find(form, "resource"), town.origin + "/mcp");
  EXPECT_EQ(*oauth::find(form, "client_id"), "client-of-as1");
  EXPECT_EQ(oauth::find(form, "code_verifier")->size(), 43u);
  EXPECT_THAT(deprecated, ElementsAre(HasSubstr("Dynamic Client Registration")));
  ASSERT_EQ(*call(), 200);
  EXPECT_EQ(town.given, 1);
  // Another run, with the same store: nobody is asked again.
  make();
  ASSERT_EQ(*call(), 200);
  EXPECT_EQ(town.given, 1);
  EXPECT_EQ(town.bearers.size(), 4u);  // only the first came without a token
}

TEST_F(SigningIn, ManyCallsNeedOneSignInAndOneRefresh) {
  make();
  auto all = [](SigningIn* self, int n) -> Task<int> {
    int good = 0, ended = 0;
    base::Signal done;
    base::TaskGroup group;
    auto one = [](SigningIn* test, int* fine, int* over, base::Signal* end) -> Task<void> {
      std::stop_token none;
      Result<int> got = co_await call(test->client.get(), test->authorizer.get(), test->url, none).result();
      *fine += got && *got == 200;
      ++*over;
      end->raise();
    };
    for (int i = 0; i < n; ++i) group.spawn(one(self, &good, &ended, &done));
    while (ended < n) co_await done.wait();
    co_await group.join();
    co_return good;
  };
  EXPECT_EQ(*loop.block_on(all(this, 50)), 50);
  EXPECT_EQ(town.given, 1);
  now += 3600;
  EXPECT_EQ(*loop.block_on(all(this, 50)), 50);
  EXPECT_EQ(town.given, 2);
  EXPECT_EQ(*oauth::find(town.tokens.back(), "refresh_token"), "r1");
  // The rotated token was kept: the next run goes on from there.
  now += 3600;
  make();
  ASSERT_EQ(*call(), 200);
  EXPECT_EQ(*oauth::find(town.tokens.back(), "refresh_token"), "r2");
  EXPECT_EQ(town.asked_scopes.size(), 1u);
}

TEST_F(SigningIn, ATokenThatTheServerForgotIsRenewedThenAskedForAnew) {
  ASSERT_EQ(*call(), 200);
  const std::string first(authorizer->identity());
  EXPECT_FALSE(first.empty());
  town.good.clear();
  ASSERT_EQ(*call(), 200);
  EXPECT_EQ(*oauth::find(town.tokens.back(), "grant_type"), "refresh_token");
  const std::string second(authorizer->identity());
  EXPECT_NE(second, first);
  town.good.clear();
  town.refuse_refresh = "invalid_grant";
  ASSERT_EQ(*call(), 200);
  EXPECT_NE(authorizer->identity(), first);
  EXPECT_NE(authorizer->identity(), second);
  EXPECT_EQ(*oauth::find(town.tokens.back(), "grant_type"), "authorization_code");
  EXPECT_EQ(town.asked_scopes.size(), 2u);
}

TEST_F(SigningIn, ARefreshTokenSurvivesAServerInTrouble) {
  ASSERT_EQ(*call(), 200);
  town.good.clear();
  town.refuse_refresh = "temporarily_unavailable";
  expect_failure(Code::unauthenticated, "temporarily_unavailable");
  town.refuse_refresh = "";
  ASSERT_EQ(*call(), 200);
  EXPECT_EQ(*oauth::find(town.tokens.back(), "refresh_token"), "r1");
  EXPECT_EQ(town.asked_scopes.size(), 1u);
}

TEST_F(SigningIn, AServerThatIsNeverContentIsGivenUp) {
  town.always_401 = true;
  EXPECT_EQ(*call(), 401);
  EXPECT_EQ(town.asked_scopes.size(), 1u);
  // With a token from before: one refresh, one person, no more.
  EXPECT_EQ(*call(), 401);
  EXPECT_LE(town.asked_scopes.size(), 2u);
  EXPECT_LE(town.given, 3);
}

TEST_F(SigningIn, StepsUpWithAllThatWasAskedBefore) {
  ASSERT_EQ(*call(), 200);
  town.needs_scope = "b";
  ASSERT_EQ(*call(), 200);
  EXPECT_THAT(town.asked_scopes, ElementsAre("a", "a b"));
}

TEST_F(SigningIn, DoesNotAskTwiceForTheSameScopes) {
  town.needs_scope = "a2";
  town.scopes = R"("a2")";
  ASSERT_EQ(*call(), 200);
  town.needs_scope = "a2x";  // never granted: what is asked for is "a2x", and what comes is told by the test's server
  town.good = {"t1.a2"};
  ASSERT_EQ(*call(), 200);
  town.needs_scope = "zz";
  town.refuse_grant = "invalid_scope";
  expect_failure(Code::unauthenticated, "invalid_scope");
}

TEST_F(SigningIn, AsksForRefreshTokensWhereTheServerHasThem) {
  town.metadata_more += R"("scopes_supported":["a","offline_access"],)";
  ASSERT_EQ(*call(), 200);
  EXPECT_THAT(town.asked_scopes, ElementsAre("a offline_access"));
}

TEST_F(SigningIn, AnotherAuthorizationServerSeesNothingOfTheFirst) {
  ASSERT_EQ(*call(), 200);
  town.as = town.origin + "/as2";
  town.good.clear();
  ASSERT_EQ(*call(), 200);
  EXPECT_EQ(town.count("POST /as2/register"), 1);
  EXPECT_EQ(town.last_client, "client-of-as2");
  for (const auto& [name, value] : town.tokens.back()) EXPECT_THAT(value, Not(HasSubstr("as1")));
  EXPECT_EQ(oauth::find(town.tokens.back(), "refresh_token"), nullptr);
}

TEST_F(SigningIn, AClientWithoutAnIssuerBelongsToTheFirst) {
  options.clients.push_back({.id = "by-hand", .secret = "s"});
  ASSERT_EQ(*call(), 200);
  EXPECT_EQ(town.last_client, "by-hand");
  town.as = town.origin + "/as2";
  town.good.clear();
  make();  // also in another run
  ASSERT_EQ(*call(), 200);
  EXPECT_EQ(town.last_client, "client-of-as2");
}

TEST_F(SigningIn, RefusesMetadataOfAnotherResource) {
  town.resource = "https://evil.example/mcp";
  expect_failure(Code::denied, "not for");
  EXPECT_THAT(town.seen, ElementsAre("GET /meta"));
}

TEST_F(SigningIn, RefusesMetadataOfAnotherIssuer) {
  town.issuer = town.as + "/";
  expect_failure(Code::upstream_failed, "8414");
  EXPECT_TRUE(town.asked_scopes.empty());
}

TEST_F(SigningIn, RefusesAServerWithoutPkceBeforeItRegisters) {
  town.metadata_more = "";
  expect_failure(Code::upstream_failed, "code_challenge_methods_supported");
  EXPECT_EQ(town.count("POST /as1/register"), 0);
}

TEST_F(SigningIn, SendsTheCodeToNoPrivateAddress) {
  town.token_endpoint = "https://169.254.169.254/token";
  expect_failure(Code::denied, "169.254.169.254");
  town.token_endpoint = "http://token.example/token";
  expect_failure(Code::denied, "https");
}

TEST_F(SigningIn, AsksNoServerOnThisMachineUnlessItMay) {
  options.reach = mcp::OAuth::Reach::public_addresses;
  expect_failure(Code::denied, "OAuth::reach");
  EXPECT_TRUE(town.seen.empty());
}

TEST_F(SigningIn, ShowsTheTokenToOneOriginOnly) {
  ASSERT_EQ(*call(), 200);
  net::Url other = *net::parse_url("http://127.0.0.1:9/mcp");
  auto got = loop.block_on(authorizer->lines("GET", other, {}));
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code, Code::denied);
}

TEST_F(SigningIn, SaysWhatIsMissing) {
  options.sign_in.visit = {};
  expect_failure(Code::unauthenticated, "OAuth::sign_in");
  options.sign_in.redirect_uri = "http://elsewhere.example/cb";
  options.sign_in.visit = [this](std::string there, std::stop_token) { return town.approve(std::move(there)); };
  make();
  expect_failure(Code::invalid_argument, "redirect_uri");
}

// A person who never comes back; the visit ends when it is told to.
struct Lost {
  base::OneShot<std::string> never;
  bool told = false;
  Task<std::string> visit(std::stop_token stop) {
    auto give_up = [this] {
      told = true;
      never.set(Error(Code::cancelled, "told to stop"));
    };
    std::stop_callback on_stop(std::move(stop), give_up);
    co_return co_await never.wait();
  }
};

TEST_F(SigningIn, WaitsForAPersonAsLongAsItWasTold) {
  Lost lost;
  options.sign_in_time = std::chrono::milliseconds(30);
  options.sign_in.visit = [&lost](const std::string&, std::stop_token stop) { return lost.visit(std::move(stop)); };
  expect_failure(Code::timeout, "nobody signed in");
  EXPECT_TRUE(lost.told);
  close();
}

TEST_F(SigningIn, ACallThatIsGivenUpLeavesTheSignInToOthers) {
  base::OneShot<std::string> answer;
  base::Signal visited;
  std::string there;
  auto wait = [](base::OneShot<std::string>* one) -> Task<std::string> { co_return co_await one->wait(); };
  options.sign_in.visit = [&](std::string to, std::stop_token) {
    there = std::move(to);
    visited.raise();
    return wait(&answer);
  };
  make();
  std::stop_source stop;
  auto both = [](SigningIn* self, std::stop_source* first_stop, base::Signal* at_browser, base::OneShot<std::string>* way_back,
                 std::string* address) -> Task<int> {
    base::OneShot<int> first, second;
    base::TaskGroup group;
    auto one = [](SigningIn* test, std::stop_token token, base::OneShot<int>* out) -> Task<void> {
      Result<int> got = co_await call(test->client.get(), test->authorizer.get(), test->url, std::move(token)).result();
      out->set(std::move(got));
    };
    group.spawn(one(self, first_stop->get_token(), &first));
    std::stop_token none;
    group.spawn(one(self, none, &second));
    co_await at_browser->wait();
    first_stop->request_stop();
    Result<int> cancelled = co_await first.wait();
    EXPECT_EQ(cancelled.error().code, Code::cancelled);
    std::string back = co_await self->town.approve(*address);
    way_back->set(std::move(back));
    Result<int> fine = co_await second.wait();
    co_await group.join();
    co_return std::move(fine);
  };
  auto got = loop.block_on(both(this, &stop, &visited, &answer, &there));
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(*got, 200);
}

TEST_F(SigningIn, AWorkloadsJwtThatWasRefusedIsNotSentAgain) {
  options.grant = mcp::OAuth::Grant::workload;
  std::string jwt = "jwt1";
  auto give = [](std::string one) -> Task<std::string> { co_return one; };
  options.workload_token = [&](const std::string&) { return give(jwt); };
  options.clients.push_back({.id = "w"});
  town.refuse_grant = "invalid_grant";
  expect_failure(Code::unauthenticated, "invalid_grant");
  expect_failure(Code::unauthenticated, "not sent again");
  EXPECT_EQ(town.tokens.size(), 1u);
  town.refuse_grant = "";
  jwt = "jwt2";
  ASSERT_EQ(*call(), 200);
  EXPECT_EQ(*oauth::find(town.tokens.back(), "assertion"), "jwt2");
  EXPECT_EQ(*oauth::find(town.tokens.back(), "client_id"), "w");
}

// The failure goes through the connection that is being opened, which then is destroyed, and with it the authorizer.
TEST_F(SigningIn, AFailureMayBeTheEndOfEverything) {
  for (std::string error : {"invalid_client", "server_error"}) {
    town.refuse_grant = error;
    sdk::ConnectionOptions how;
    how.identity.info = R"({"name":"test","version":"1"})";
    how.authorizer = sdk::oauth_authorizer(loop, options, url);
    auto opened = loop.block_on(sdk::open_http(loop, *client, url, std::move(how)));
    ASSERT_FALSE(opened.ok());
    EXPECT_THAT(opened.error().message, HasSubstr(error));
  }
}

// A store that cannot keep anything: a token whose rotation would be lost is not used.
class FullStore final : public mcp::TokenStore {
 public:
  Task<std::optional<std::string>> get(mcp::TokenKey) override { co_return std::optional<std::string>(); }
  Task<void> put(mcp::TokenKey, std::string) override { co_await mcp::fail(Code::too_large, "the disk is full"); }
  Task<void> erase(mcp::TokenKey) override { co_return; }
};

TEST_F(SigningIn, WhatCannotBeKeptIsNotUsed) {
  options.store = std::make_shared<FullStore>();
  expect_failure(Code::too_large, "the disk is full");
  EXPECT_THAT(town.bearers, ElementsAre(""));
}

TEST_F(SigningIn, ErrorsSayNoSecrets) {
  ASSERT_EQ(*call(), 200);
  town.good.clear();
  town.refuse_refresh = town.refuse_grant = "server_error";
  auto got = call();
  ASSERT_FALSE(got.ok());
  for (const char* secret : {"t1", "r1", "code=", "verifier"}) EXPECT_THAT(got.error().message, Not(HasSubstr(secret)));
}

}  // namespace
