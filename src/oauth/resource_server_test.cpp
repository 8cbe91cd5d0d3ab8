#include "oauth/resource_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "oauth/testing.h"

namespace oauth {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::SigningKey;

constexpr std::string_view kIssuer = "https://as.example";
constexpr std::string_view kResource = "https://rs.example/mcp";

// A resource server whose issuer signs with `key`.
class ResourceServerTest : public ::testing::Test {
 protected:
  ResourceServerTest() {
    clocks.wall = [this] { return wall; };
    clocks.steady = [this] { return steady; };
    options.resource = kResource;
    options.issuers = {std::string(kIssuer), "https://two.example"};
    options.scopes = {"read"};
    options.includes = {{"all", {"read", "write"}}};
  }
  static Task<Document> answer(ResourceServerTest* self, std::string url) {
    ++self->fetched;
    if (self->down) co_await mcp::fail(mcp::Code::unavailable, "nobody listens");
    std::string issuer = url.substr(0, url.find('/', 8));
    Document out;
    out.status = 200;
    if (url.ends_with("/jwks"))
      out.body = R"({"keys":[)" + (issuer == kIssuer ? self->key : self->other).jwk() + "]}";
    else
      out.body = R"({"issuer":")" + issuer + R"(","jwks_uri":")" + issuer + R"(/jwks"})";
    co_return std::move(out);
  }
  ResourceServer& server() {
    if (!server_) {
      auto fetch = [this](std::string url, Instant) { return answer(this, std::move(url)); };
      ring_.emplace(loop, fetch, KeyRingOptions{}, clocks);
      server_.emplace(*ring_, options, clocks);
    }
    return *server_;
  }
  std::string claims(std::string_view more = "", std::string_view iss = kIssuer, std::string_view aud = kResource) const {
    return R"({"iss":")" + std::string(iss) + R"(","aud":")" + std::string(aud) +
           R"(","sub":"alice","client_id":"app","jti":"1","iat":1800000000,"exp":1800000100,"scope":"read")" + std::string(more) + "}";
  }
  std::string token(std::string_view more = "") const { return key.sign(key.header(), claims(more)); }

  Verdict call(Credentials credentials) {
    if (credentials.method.empty()) credentials.method = "POST";
    if (credentials.peer.empty()) credentials.peer = "192.0.2.1";
    auto verdict = loop.block_on(server().authenticate(std::move(credentials)));
    return verdict ? *std::move(verdict) : Verdict(Refusal{.status = 0, .why = verdict.error().message});
  }
  Verdict bearer(const std::string& text) {
    std::string line = "Bearer " + text;
    Credentials credentials;
    credentials.authorization = {line};
    return call(std::move(credentials));
  }
  // "200", or status and reason.
  static std::string say(const Verdict& verdict) {
    if (std::holds_alternative<std::shared_ptr<const Principal>>(verdict)) return "200";
    const auto& challenge = std::get<Refusal>(verdict);
    return std::to_string(challenge.status) + " " + challenge.error + ": " + challenge.why;
  }
  static std::string header_of(const Verdict& verdict, std::string_view name) {
    std::string out;
    for (const auto& [key_name, value] : std::get<Refusal>(verdict).headers)
      if (key_name == name) out.append(out.empty() ? "" : "\n").append(value);
    return out;
  }

  base::Loop loop;
  SigningKey key{Alg::es256, "a"}, other{Alg::es256, "a"};
  WallTime wall{seconds(1'800'000'010)};
  Instant steady = Instant{} + std::chrono::hours(10);
  Clocks clocks;
  bool down = false;
  int fetched = 0;
  ResourceServerOptions options;

 private:
  std::optional<KeyRing> ring_;
  std::optional<ResourceServer> server_;
};

TEST_F(ResourceServerTest, AGoodTokenSaysWhoIsCalling) {
  auto verdict = bearer(token(R"(,"scp":["all"])"));
  ASSERT_EQ(say(verdict), "200");
  auto who = std::get<0>(verdict);
  EXPECT_EQ(who->key, "https://as.example#alice");
  EXPECT_EQ(who->issuer, kIssuer);
  EXPECT_EQ(who->subject, "alice");
  EXPECT_EQ(who->client_id, "app");
  EXPECT_THAT(who->scopes, ElementsAre("read", "all", "write"));
  EXPECT_EQ(who->expires, WallTime(seconds(1'800'000'130)));
}

TEST_F(ResourceServerTest, WithoutATokenThereIsNoErrorCode) {
  auto verdict = call({});
  EXPECT_EQ(std::get<Refusal>(verdict).status, 401);
  EXPECT_EQ(header_of(verdict, "WWW-Authenticate"),
            R"(Bearer resource_metadata="https://rs.example/.well-known/oauth-protected-resource/mcp", scope="read")");
}

TEST_F(ResourceServerTest, ABadTokenIsOneErrorForThePeer) {
  std::string good = token();
  auto signed_by = [&](const SigningKey& by, const std::string& text) { return by.sign(by.header(), text); };
  const std::pair<std::string, const char*> cases[] = {
      {"opaque", "three parts"},
      {good.substr(0, good.size() - 2) + (good.ends_with("AA") ? "BA" : "AA"), ""},
      {signed_by(other, claims()), "signature"},
      {signed_by(key, claims("", "https://evil.example")), "issuer that is not trusted"},
      {signed_by(key, claims("", "https://two.example")), "signature"},  // another issuer's key
      {signed_by(key, claims("", kIssuer, "https://rs.example")), "audience"},
      {key.sign(key.header("JWT"), claims()), "typ"},
      {key.sign(R"({"alg":"none","typ":"at+jwt"})", claims()), "alg"},
      {key.sign(R"({"alg":"ES256","typ":"at+jwt","kid":"unknown"})", claims()), "no key"},
      {key.sign(R"({"alg":"ES256","typ":"at+jwt","kid":"unknown","jwk":)" + other.jwk() + "}", claims()), "no key"},
      {key.sign(R"({"alg":"ES384","typ":"at+jwt","kid":"a"})", claims()), "no key"},
      {key.sign(key.header(), claims(R"(,"cnf":{"x5t#S256":"x"})")), "bound"},
      {key.sign(key.header(), claims(R"(,"cnf":{"jkt":"x"})")), "bound"},
      {key.sign(key.header(), "{}"), "issuer"},
  };
  for (const auto& [text, why] : cases) {
    auto verdict = bearer(text);
    EXPECT_THAT(say(verdict), ::testing::StartsWith("401 invalid_token: ")) << why;
    EXPECT_THAT(say(verdict), HasSubstr(why));
    EXPECT_EQ(header_of(verdict, "WWW-Authenticate"),
              R"(Bearer error="invalid_token", error_description="the access token is not valid here", )"
              R"(resource_metadata="https://rs.example/.well-known/oauth-protected-resource/mcp", scope="read")");
    EXPECT_EQ(std::get<Refusal>(verdict).body, R"({"error":"invalid_token","error_description":"the access token is not valid here"})");
  }
}

TEST_F(ResourceServerTest, AnHmacOverThePublicKeyIsNoSignature) {
  for (const std::string& secret : {key.jwk(), std::string("x"), std::string()}) {
    std::string text = base64url(R"({"alg":"HS256","typ":"at+jwt","kid":"a"})") + "." + base64url(claims());
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         digest, &size);
    EXPECT_THAT(say(bearer(text + "." + base64url(std::string_view(reinterpret_cast<const char*>(digest), size)))),
                HasSubstr("alg is not accepted"));
  }
}

TEST_F(ResourceServerTest, MalformedCredentialsAre400) {
  auto with = [&](std::vector<std::string_view> lines, std::string_view query = "") {
    Credentials credentials;
    credentials.authorization = std::move(lines);
    credentials.query = query;
    return say(call(std::move(credentials)));
  };
  std::string line = "Bearer " + token();
  EXPECT_THAT(with({line, line}), HasSubstr("400 invalid_request: several"));
  EXPECT_THAT(with({line}, "a=b&access_token=x"), HasSubstr("400 invalid_request: an access token in the query"));
  EXPECT_THAT(with({}, "access_token"), HasSubstr("400"));
  EXPECT_THAT(with({"Bearer"}), HasSubstr("400"));
  EXPECT_THAT(with({"Bearer "}), HasSubstr("400"));
  EXPECT_THAT(with({"Bearer a b"}), HasSubstr("400"));
  EXPECT_THAT(with({"Bearer a,b"}), HasSubstr("400"));
  EXPECT_THAT(with({"Bearer =="}), HasSubstr("400"));
  EXPECT_THAT(with({"Basic YTpi"}), HasSubstr("401 : "));
  EXPECT_THAT(with({"DPoP abc"}), HasSubstr("401 : "));
  std::string lower = "bearer  " + token();
  EXPECT_EQ(with({lower}, "x=access_token"), "200");
}

TEST_F(ResourceServerTest, ATokenIsVerifiedOnceAndEndsInTime) {
  std::string text = token();
  EXPECT_EQ(say(bearer(text)), "200");
  down = true;  // nothing more is needed
  EXPECT_EQ(say(bearer(text)), "200");
  wall = WallTime(seconds(1'800'000'129));
  EXPECT_EQ(say(bearer(text)), "200");
  wall = WallTime(seconds(1'800'000'130));
  EXPECT_THAT(say(bearer(text)), HasSubstr("401 invalid_token: the token has expired"));
}

TEST_F(ResourceServerTest, WhatWasVerifiedEndsWithItsKey) {
  std::string text = token();
  EXPECT_EQ(say(bearer(text)), "200");
  SigningKey fresh(Alg::es256, "fresh");
  std::swap(key, fresh);
  EXPECT_EQ(say(bearer(token())), "200");  // an unknown kid: the keys are fetched
  EXPECT_THAT(say(bearer(text)), HasSubstr("401 invalid_token: the issuer has no key"));
}

TEST_F(ResourceServerTest, WithoutKeysItIsNotTheTokensFault) {
  down = true;
  auto verdict = bearer(token());
  EXPECT_THAT(say(verdict), HasSubstr("503 : the keys of https://as.example cannot be had: nobody listens"));
  EXPECT_EQ(header_of(verdict, "Retry-After"), "5");
  EXPECT_EQ(header_of(verdict, "WWW-Authenticate"), "");
  // A token of somebody else does not make us ask anybody.
  int before = fetched;
  EXPECT_THAT(say(bearer(key.sign(key.header(), claims("", "https://evil.example")))), HasSubstr("401"));
  EXPECT_EQ(fetched, before);
}

TEST_F(ResourceServerTest, AFloodOfForgedTokensIsSlowedForItsPeerAlone) {
  SigningKey forger(Alg::es384, "a");
  std::swap(key, forger);  // the issuer's key is ES384, the expensive one
  SigningKey wrong(Alg::es384, "a");
  auto from = [&](std::string_view peer, const std::string& text) {
    std::string line = "Bearer " + text;
    Credentials credentials;
    credentials.authorization = {line};
    credentials.peer = peer;
    return say(call(std::move(credentials))) == "200" ? 0 : 1;
  };
  std::string mine = token();
  EXPECT_EQ(from("192.0.2.1", mine), 0);
  std::string last;
  int verified = 0;
  for (int i = 0; i < 200; ++i) {
    std::string line = "Bearer " + wrong.sign(wrong.header(), claims(R"(,"n":)" + std::to_string(i)));
    Credentials credentials;
    credentials.authorization = {line};
    credentials.peer = "192.0.2.1";
    last = say(call(std::move(credentials)));
    verified += last.starts_with("401");
  }
  EXPECT_THAT(last, HasSubstr("429"));
  EXPECT_LT(verified, 150);
  EXPECT_EQ(from("192.0.2.1", mine), 0);                    // known: no signature is computed
  EXPECT_EQ(from("192.0.2.2", token(R"(,"other":1)")), 0);  // somebody else
  steady += seconds(1);
  EXPECT_EQ(from("192.0.2.1", token(R"(,"other":2)")), 0);
}

TEST_F(ResourceServerTest, AForgedTokenIsRememberedToo) {
  std::string forged = other.sign(other.header(), claims());
  EXPECT_THAT(say(bearer(forged)), HasSubstr("signature"));
  for (int i = 0; i < 10'000; ++i) EXPECT_THAT(say(bearer(forged)), HasSubstr("401 invalid_token: the signature is wrong"));
}

TEST_F(ResourceServerTest, MissingScopesAreNamedTogether) {
  auto verdict = bearer(token());
  auto who = std::get<0>(verdict);
  EXPECT_FALSE(server().allow(*who, {}));
  EXPECT_FALSE(server().allow(*who, {"read"}));
  auto refused = server().allow(*who, {"write", "read", "admin"});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 403);
  EXPECT_EQ(header_of(*refused, "WWW-Authenticate"),
            R"(Bearer error="insufficient_scope", error_description="the access token lacks a scope that this needs", )"
            R"(resource_metadata="https://rs.example/.well-known/oauth-protected-resource/mcp", scope="read write admin")");
  auto holder = std::get<0>(bearer(token(R"(,"scp":["all"])")));
  EXPECT_FALSE(server().allow(*holder, {"write"}));
  auto lookalike =
      std::get<0>(bearer(key.sign(key.header(), R"({"iss":"https://as.example","aud":"https://rs.example/mcp","sub":"a","client_id":"c",)"
                                                R"("jti":"1","iat":1800000000,"exp":1800000100,"scope":"reader\u00a0read unread"})")));
  EXPECT_TRUE(server().allow(*lookalike, {}));
}

TEST_F(ResourceServerTest, Metadata) {
  options.name = "Files";
  options.scopes_supported = {"read", "write"};
  EXPECT_EQ(server().metadata(),
            R"({"resource":"https://rs.example/mcp","authorization_servers":["https://as.example","https://two.example"],)"
            R"("scopes_supported":["read","write"],"bearer_methods_supported":["header"],"resource_name":"Files"})");
  EXPECT_EQ(resource_metadata_url("https://h").value_or(""), "https://h/.well-known/oauth-protected-resource");
  EXPECT_EQ(resource_metadata_url("https://h/").value_or(""), "https://h/.well-known/oauth-protected-resource");
  EXPECT_EQ(resource_metadata_url("https://h:8443/a/b?c=d").value_or(""), "https://h:8443/.well-known/oauth-protected-resource/a/b?c=d");
}

class Bound : public ResourceServerTest {
 protected:
  Bound() { options.dpop = DpopRule::allowed; }
  std::string bound_token() const { return token(R"(,"cnf":{"jkt":")" + client.thumbprint() + R"("})"); }
  std::string proof(const std::string& text, std::string_view jti, std::string_view more = "") const {
    std::string header = R"({"alg":"ES256","typ":"dpop+jwt","jwk":)" + client.jwk() + "}";
    std::string payload = R"({"jti":")" + std::string(jti) + R"(","htm":"POST","htu":"https://rs.example/mcp","iat":1800000010,"ath":")" +
                          base64url(sha256(text)) + "\"" + std::string(more) + "}";
    return client.sign(header, payload);
  }
  Verdict dpop(const std::string& text, const std::vector<std::string>& proofs, std::string_view scheme = "DPoP") {
    std::string line = std::string(scheme) + " " + text;
    Credentials credentials;
    credentials.authorization = {line};
    for (const auto& one : proofs) credentials.proofs.push_back(one);
    return call(std::move(credentials));
  }
  SigningKey client{Alg::es256};
};

TEST_F(Bound, ATokenNeedsItsProofEachTime) {
  std::string text = bound_token();
  std::string first = proof(text, "1");
  EXPECT_EQ(say(dpop(text, {first})), "200");
  EXPECT_THAT(say(dpop(text, {first})), HasSubstr("401 invalid_dpop_proof: the DPoP proof was used before"));
  EXPECT_EQ(say(dpop(text, {proof(text, "2")}, "dpop")), "200");
  EXPECT_THAT(say(dpop(text, {})), HasSubstr("401 invalid_dpop_proof"));
  EXPECT_THAT(say(dpop(text, {proof(text, "3"), proof(text, "4")})), HasSubstr("401 invalid_dpop_proof"));
  EXPECT_THAT(say(dpop(text, {proof(text, "5")}, "Bearer")), HasSubstr("401 invalid_token: the token is bound"));
  EXPECT_THAT(say(dpop(token(), {proof(token(), "6")})), HasSubstr("401 invalid_token: DPoP with a token that is bound to no key"));
  EXPECT_EQ(say(bearer(token())), "200");
  auto refused = dpop(text, {});
  EXPECT_THAT(header_of(refused, "WWW-Authenticate"), ::testing::StartsWith(R"(DPoP error="invalid_dpop_proof", )"));
  EXPECT_THAT(header_of(refused, "WWW-Authenticate"), HasSubstr(R"(algs="RS256 PS256 ES256 ES384 EdDSA")"));
  EXPECT_THAT(header_of(call({}), "WWW-Authenticate"), HasSubstr("\nDPoP resource_metadata="));
}

TEST_F(Bound, CanBeRequired) {
  options.dpop = DpopRule::required;
  EXPECT_THAT(say(bearer(token())), HasSubstr("401 invalid_token: the token is bound to no key"));
  std::string text = bound_token();
  EXPECT_EQ(say(dpop(text, {proof(text, "1")})), "200");
  EXPECT_THAT(header_of(call({}), "WWW-Authenticate"), ::testing::StartsWith("DPoP resource_metadata="));
  EXPECT_THAT(server().metadata(), HasSubstr(R"("dpop_bound_access_tokens_required":true)"));
}

TEST_F(Bound, NoncesAreGivenAndAskedFor) {
  options.proofs.nonce = DpopNonce::required;
  std::string text = bound_token();
  auto asked = dpop(text, {proof(text, "1")});
  EXPECT_THAT(say(asked), HasSubstr("401 use_dpop_nonce"));
  std::string nonce = header_of(asked, "DPoP-Nonce");
  ASSERT_FALSE(nonce.empty());
  EXPECT_EQ(say(dpop(text, {proof(text, "2", R"(,"nonce":")" + nonce + "\"")})), "200");
}

TEST(ResourceServerOptions, Problems) {
  ResourceServerOptions good;
  good.resource = "https://rs.example/mcp";
  good.issuers = {"https://as.example"};
  EXPECT_TRUE(problems_of(good).empty());
  auto problem = [&](auto change) {
    auto options = good;
    change(options);
    auto problems = problems_of(options);
    return problems.size() == 1 ? problems[0] : std::to_string(problems.size()) + " problems";
  };
  EXPECT_THAT(problem([](auto& o) { o.resource = "http://rs.example/mcp"; }), HasSubstr("must be https"));
  EXPECT_THAT(problem([](auto& o) { o.resource = "rs.example"; }), HasSubstr("no URL"));
  EXPECT_THAT(problem([](auto& o) { o.resource += "#x"; }), HasSubstr("fragment"));
  EXPECT_THAT(problem([](auto& o) { o.issuers.clear(); }), HasSubstr("no issuer"));
  EXPECT_THAT(problem([](auto& o) { o.issuers[0] = "http://as.example"; }), HasSubstr("https"));
  EXPECT_THAT(problem([](auto& o) { o.scopes = {"two words"}; }), HasSubstr("no scope"));
  EXPECT_THAT(problem([](auto& o) { o.scopes_supported = {"offline_access"}; }), HasSubstr("offline_access"));
}

}  // namespace
}  // namespace oauth
