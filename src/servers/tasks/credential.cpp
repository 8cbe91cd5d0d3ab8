#include "servers/tasks/credential.h"

#include <fmt/format.h>

#include "sdk/contents.h"
#include "servers/rest/answers.h"
#include "servers/rest/text.h"

namespace servers::tasks {

Credential::Credential(Secret token, std::optional<JwtSetup> jwt, std::string remedy)
    : token_(std::move(token)), jwt_(std::move(jwt)), remedy_(std::move(remedy)) {
  if (jwt_ && jwt_->token_url.empty())
    if (auto key = oauth::SigningKey::from_pem(jwt_->key.reveal())) key_ = *std::move(key);
}

Result<> Credential::check() const {
  if (!rest::fits_a_header(token_.reveal())) return Error(Code::invalid_argument, "the token has a control character in it");
  if (!jwt_) return {};
  if (!token_.reveal().empty()) return Error(Code::invalid_argument, "token and jwt are two ways to sign in; keep one");
  if (!jwt_->token_url.empty()) {
    if (auto url = net::parse_url(jwt_->token_url); !url) return std::move(url).error().in("jwt.token_url");
    if (jwt_->id.empty() || jwt_->secret.reveal().empty())
      return Error(Code::invalid_argument, "jwt.token_url needs jwt.id and jwt.secret");
    return {};
  }
  if (!key_) return Error(Code::invalid_argument, "jwt needs token_url, or key: a private key in PEM (EC, RSA or Ed25519), as ${file:…}");
  if (jwt_->issuer.empty()) return Error(Code::invalid_argument, "jwt.issuer is missing: who says so in the tokens that are minted here");
  return {};
}

base::Task<Secret> Credential::token(rest::Client* client, std::stop_token stop) {
  if (!jwt_) {
    if (token_.reveal().empty())
      co_return Error(Code::unauthenticated, fmt::format("this call needs a token, and none is set; {}", remedy_));
    co_return token_;
  }
  const base::Instant deadline = base::Timers::now() + client->options().time;
  while (renewing_) co_await waiters_.wait(client->loop().timers(), stop, deadline);
  if (!fresh_.reveal().empty() && base::Timers::now() < renew_at_) co_return fresh_;
  if (key_) {
    co_await mint();
    co_return fresh_;
  }
  renewing_ = true;
  Result<> done = co_await fetch(client, stop).result();
  renewing_ = false;
  waiters_.wake({});
  if (!done) co_return std::move(done).error();
  co_return fresh_;
}

base::Task<void> Credential::fetch(rest::Client* client, std::stop_token stop) {
  rest::Request request;
  request.method = "POST";
  request.url = jwt_->token_url;
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  const std::string basic = rest::encoded(jwt_->id) + ":" + rest::encoded(jwt_->secret.reveal());
  request.secrets.emplace_back("Authorization", Secret("Basic " + sdk::base64(basic)));
  request.body = "grant_type=client_credentials";
  if (!jwt_->scope.empty()) request.body.append("&scope=").append(rest::encoded(jwt_->scope));
  if (!jwt_->audience.empty()) request.body.append("&audience=").append(rest::encoded(jwt_->audience));
  request.again = rest::Again::safe;
  rest::Answer answer = co_await client->fetch(std::move(request), std::move(stop));
  const rest::ApiName api{"the token endpoint", "jwt.id and jwt.secret"};
  if (!answer.good()) {
    Error failed = rest::failure_of(answer, api, std::chrono::system_clock::now());
    co_await mcp::fail(Code::unauthenticated, "no token: " + failed.message);
  }
  mcp::Json body = co_await rest::parse_body(answer, api);
  const std::string_view token = body["access_token"].string_or(body["token"].string_or(""));
  if (token.empty() || !rest::fits_a_header(token)) co_await mcp::fail(Code::upstream_failed, "the token endpoint gave no access_token");
  const std::int64_t seconds = std::clamp<std::int64_t>(body["expires_in"].integer_or(300), 1, 24L * 3600);
  keep(std::string(token), std::chrono::seconds(seconds));
}

Result<> Credential::mint() {
  const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  boost::json::object header;
  header["typ"] = "JWT";
  header["kid"] = key_->thumbprint();
  boost::json::object claims;
  claims["iss"] = jwt_->issuer;
  claims["sub"] = jwt_->subject.empty() ? jwt_->issuer : jwt_->subject;
  if (!jwt_->audience.empty()) claims["aud"] = jwt_->audience;
  if (!jwt_->scope.empty()) claims["scope"] = jwt_->scope;
  claims["iat"] = now;
  claims["exp"] = now + jwt_->lifetime.count() / 1000;
  claims["jti"] = oauth::random_token();
  auto jwt = key_->sign(std::move(header), claims);
  if (!jwt) return std::move(jwt).error();
  keep(*std::move(jwt), jwt_->lifetime);
  return {};
}

void Credential::keep(std::string token, std::chrono::milliseconds life) {
  fresh_ = Secret(std::move(token));
  const auto early = std::min<std::chrono::milliseconds>(life / 5, std::chrono::minutes(1));
  renew_at_ = base::Timers::now() + (life - early);
}

}  // namespace servers::tasks
