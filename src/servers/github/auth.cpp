#include "servers/github/auth.h"

#include <fmt/format.h>

#include <array>
#include <ctime>

#include "mcp/json.h"
#include "servers/rest/answers.h"
#include "servers/rest/text.h"

namespace servers::github {
namespace {

constexpr std::chrono::minutes kBeforeItEnds{5};

}  // namespace

std::optional<WallTime> find_time(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  const char* rest = strptime(copy.c_str(), "%Y-%m-%d", &parts);
  if (!rest || (*rest != 'T' && *rest != ' ')) return std::nullopt;
  rest = strptime(rest + 1, "%H:%M:%S", &parts);
  if (!rest) return std::nullopt;
  std::string_view zone(rest);
  while (zone.starts_with(' ')) zone.remove_prefix(1);
  const auto time = std::chrono::system_clock::from_time_t(timegm(&parts));
  if (zone == "Z" || zone == "UTC") return time;
  if (zone.size() != 5 || (zone[0] != '+' && zone[0] != '-') || zone.substr(1).find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  const int minutes = ((zone[1] - '0') * 10 + (zone[2] - '0')) * 60 + (zone[3] - '0') * 10 + (zone[4] - '0');
  return time - std::chrono::minutes(zone[0] == '+' ? minutes : -minutes);
}

Result<Secret> app_jwt(const oauth::SigningKey& key, const std::string& app_id, WallTime now) {
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  boost::json::object header;
  header["typ"] = "JWT";
  boost::json::object claims;
  // A minute back, as clocks differ; GitHub takes at most ten minutes.
  claims["iat"] = seconds - 60;
  claims["exp"] = seconds + 9 * 60;
  claims["iss"] = app_id;
  auto jwt = key.sign(std::move(header), claims, oauth::Alg::rs256);
  if (!jwt) return std::move(jwt).error();
  return Secret(*std::move(jwt));
}

Auth::Auth(Secret token, std::optional<AppKey> app, std::string remedy)
    : token_(std::move(token)), app_(std::move(app)), remedy_(std::move(remedy)) {
  if (app_)
    if (auto key = oauth::SigningKey::from_pem(app_->key.reveal())) key_ = *std::move(key);
}

Result<> Auth::check() const {
  if (app_ && !token_.reveal().empty()) return Error(Code::invalid_argument, "token and app are two ways to sign in; keep one");
  if (!token_.reveal().empty() && !rest::fits_a_header(token_.reveal()))
    return Error(Code::invalid_argument, "the token has a control character in it");
  if (!app_) return {};
  if (app_->id.empty()) return Error(Code::invalid_argument, "app.id is missing: the App's id");
  if (app_->installation.empty() || app_->installation.find_first_not_of("0123456789") != std::string::npos)
    return Error(Code::invalid_argument, "app.installation must be the number of the installation");
  if (!key_) return Error(Code::invalid_argument, "app.key must be the App's private key, an RSA key in PEM; give it as ${file:…}");
  return {};
}

base::Task<Secret> Auth::token(rest::Client* client, std::stop_token stop) {
  if (!app_) {
    if (token_.reveal().empty())
      co_return Error(Code::unauthenticated, fmt::format("this call needs a GitHub token, and none is set; {}", remedy_));
    co_return token_;
  }
  const base::Instant deadline = base::Timers::now() + client->options().time;
  // Whoever comes while one is minted waits for it.
  while (minting_) co_await waiters_.wait(client->loop().timers(), stop, deadline);
  if (!minted_.reveal().empty() && ends_ && std::chrono::system_clock::now() + kBeforeItEnds < *ends_) co_return minted_;
  minting_ = true;
  Result<> done = co_await mint(client, stop).result();
  minting_ = false;
  waiters_.wake({});
  if (!done) co_return std::move(done).error();
  co_return minted_;
}

base::Task<void> Auth::mint(rest::Client* client, std::stop_token stop) {
  Secret jwt = co_await app_jwt(*key_, app_->id, std::chrono::system_clock::now());
  rest::Request request;
  request.method = "POST";
  request.url = fmt::format("{}/app/installations/{}/access_tokens", client->options().base_url, app_->installation);
  request.headers.emplace_back("Accept", "application/vnd.github+json");
  request.secrets.emplace_back("Authorization", Secret("Bearer " + jwt.reveal()));
  request.again = rest::Again::safe;
  rest::Answer answer = co_await client->fetch(std::move(request), std::move(stop));
  const rest::ApiName api{"GitHub", "the App's id, installation and key"};
  if (!answer.good()) {
    Error failed = rest::failure_of(answer, api, std::chrono::system_clock::now());
    co_await mcp::fail(Error(Code::unauthenticated, "no token for the App's installation: " + failed.message));
  }
  mcp::Json body = co_await rest::parse_body(answer, api);
  auto token = body["token"].string();
  if (!token || token->empty() || !rest::fits_a_header(*token))
    co_await mcp::fail(Error(Code::upstream_failed, "GitHub gave no token for the App's installation"));
  minted_ = Secret(std::string(*token));
  ends_ = find_time(body["expires_at"].string_or("")).value_or(std::chrono::system_clock::now() + std::chrono::minutes(30));
}

}  // namespace servers::github
