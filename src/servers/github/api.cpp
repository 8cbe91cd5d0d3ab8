#include "servers/github/api.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/glob.h"
#include "base/log.h"
#include "servers/rest/text.h"

namespace servers::github {
namespace {

using std::chrono::seconds;

constexpr std::chrono::hours kWarnBefore{24 * 7};
const rest::ApiName kApi{"GitHub", "the token"};

std::int64_t number_of(std::optional<std::string_view> text, std::int64_t other) {
  std::int64_t out = other;
  if (text) std::from_chars(text->data(), text->data() + text->size(), out);
  return out;
}

bool good_segment(std::string_view text) {
  constexpr std::string_view kGood = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
  return !text.empty() && text.size() <= 100 && text != "." && text != ".." && text.find_first_not_of(kGood) == std::string_view::npos;
}

std::string query_text(const Query& query) {
  std::string out;
  for (const auto& [name, value] : query)
    if (!value.empty()) out.append(out.empty() ? "?" : "&").append(name).append("=").append(rest::encoded(value));
  return out;
}

std::string in_words(WallTime now, WallTime then) {
  const auto left = std::chrono::ceil<seconds>(then - now).count();
  return left < 120 ? fmt::format("{} s", left) : fmt::format("{} minutes", (left + 59) / 60);
}

}  // namespace

Result<std::string> repository_path(std::string_view repository, const std::vector<std::string>& allowed) {
  const std::size_t slash = repository.find('/');
  if (slash == std::string_view::npos || !good_segment(repository.substr(0, slash)) || !good_segment(repository.substr(slash + 1)))
    return Error(Code::invalid_argument, fmt::format("'{}' is no repository; write owner/name", rest::plain_line(repository, 80)));
  auto fits = [&](const std::string& glob) { return base::glob_match(rest::lower(glob), rest::lower(repository)); };
  if (!allowed.empty() && std::none_of(allowed.begin(), allowed.end(), fits))
    return Error(Code::denied, fmt::format("{} is not among the repositories that may be used: {}", repository, fmt::join(allowed, ", ")));
  return fmt::format("/repos/{}", repository);
}

std::optional<Limit> find_limit(const rest::Answer& answer, WallTime now) {
  if (answer.status != 403 && answer.status != 429) return std::nullopt;
  const auto wait = rest::retry_after(answer, now);
  const bool used_up = answer.find("x-ratelimit-remaining").value_or("") == "0";
  const std::string words = rest::lower(rest::said(answer));
  if (wait || words.find("secondary rate limit") != std::string::npos || words.find("abuse detection") != std::string::npos) {
    const WallTime until = now + wait.value_or(rest::Millis(60'000));
    return Limit{until,
                 fmt::format("GitHub asks for a pause (its secondary rate limit, for too many calls at once); no call before {} have "
                             "passed, and then fewer of them",
                             in_words(now, until))};
  }
  if (!used_up) return std::nullopt;
  const WallTime reset{seconds(number_of(answer.find("x-ratelimit-reset"), 0))};
  const WallTime until = std::clamp(reset, now + seconds(1), now + std::chrono::hours(2));
  return Limit{until, fmt::format("GitHub's limit of {} calls is used up for now ({}); it is full again in {}",
                                  answer.find("x-ratelimit-limit").value_or("its"), answer.find("x-ratelimit-resource").value_or("core"),
                                  in_words(now, until))};
}

std::string wider_scopes(std::string_view scopes, Setup::Tools tools) {
  std::string out;
  auto add = [&](std::string_view scope) {
    const bool reads = scope.starts_with("read:") || scope == "repo:status" || scope == "security_events" || scope == "notifications";
    const bool writes = scope == "repo" || scope == "public_repo";
    if (scope.empty() || reads || (writes && tools == Setup::Tools::all)) return;
    out.append(out.empty() ? "" : ", ").append(scope);
  };
  while (!scopes.empty()) {
    std::string_view one = scopes.substr(0, scopes.find(','));
    scopes.remove_prefix(std::min(scopes.size(), one.size() + 1));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    add(one);
  }
  return out;
}

Result<std::string> Api::repository(std::string_view name) const { return repository_path(name, setup_.repositories); }

base::Task<rest::Answer> Api::get(std::string path, Query query, std::string accept, std::stop_token stop) {
  rest::Request request;
  request.url = client_->options().base_url + path + query_text(query);
  if (!accept.empty()) request.headers.emplace_back("Accept", std::move(accept));
  co_return co_await ask(std::move(request), std::move(stop));
}

base::Task<mcp::Json> Api::get_json(std::string path, Query query, std::stop_token stop) {
  rest::Answer answer = co_await get(std::move(path), std::move(query), {}, std::move(stop));
  co_return rest::parse_body(answer, kApi);
}

base::Task<mcp::Json> Api::send_json(std::string method, std::string path, std::string body, std::stop_token stop) {
  rest::Request request;
  request.method = std::move(method);
  request.url = client_->options().base_url + path;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  rest::Answer answer = co_await ask(std::move(request), std::move(stop));
  if (answer.body.empty()) co_return mcp::Json();
  co_return rest::parse_body(answer, kApi);
}

base::Task<rest::Answer> Api::ask(rest::Request request, std::stop_token stop) {
  const WallTime begun = std::chrono::system_clock::now();
  if (begun < blocked_until_)
    co_return Error(Code::rate_limited, fmt::format("{}; GitHub was not asked ({} to go)", blocked_by_, in_words(begun, blocked_until_)));
  Secret token = co_await auth_.token(client_, stop);
  bool accepts = false;
  for (const auto& [name, value] : request.headers) accepts = accepts || name == "Accept";
  if (!accepts) request.headers.emplace_back("Accept", "application/vnd.github+json");
  request.secrets.emplace_back("Authorization", Secret("Bearer " + token.reveal()));
  const rest::Request kept = request;
  const bool reads = request.method == "GET";
  rest::Answer answer;
  if (reads)
    answer = co_await client_->fetch_known(std::move(request), stop);
  else
    answer = co_await client_->fetch(std::move(request), stop);
  learn(answer);
  if (answer.good()) co_return std::move(answer);
  const WallTime now = std::chrono::system_clock::now();
  if (auto limit = find_limit(answer, now)) {
    blocked_until_ = limit->until;
    blocked_by_ = limit->message;
    co_return Error(Code::rate_limited, std::move(limit->message));
  }
  if (answer.status == 401) auth_.forget();
  Error failed = rest::failure_of(answer, kApi, now);
  co_return Error(failed.code, rest::without_secrets(std::move(failed.message), kept));
}

void Api::learn(const rest::Answer& answer) {
  const WallTime now = std::chrono::system_clock::now();
  if (auto text = answer.find("github-authentication-token-expiration")) token_ends_ = find_time(*text);
  if (token_ends_ && *token_ends_ - now < kWarnBefore && !warned_of_end_) {
    warned_of_end_ = true;
    base::log::warn("the GitHub token ends soon; make a new one", {{"in", in_words(now, *token_ends_)}});
  }
  if (auto scopes = answer.find("x-oauth-scopes"); scopes && !scopes_known_) {
    scopes_known_ = true;
    scopes_ = *scopes;
    if (const std::string wider = wider_scopes(scopes_, setup_.tools); !wider.empty())
      base::log::warn("the GitHub token may more than the tools need; a fine-grained token can be narrower", {{"scopes", wider}});
  }
  if (auto left = answer.find("x-ratelimit-remaining"))
    calls_left_ = fmt::format("{} of {} calls left", *left, answer.find("x-ratelimit-limit").value_or("?"));
}

std::string Api::standing() const {
  mcp::JsonWriter out;
  out.object().field("kind", auth_.is_app() ? "GitHub App" : scopes_known_ ? "classic token" : "fine-grained token");
  if (token_ends_)
    out.field("token_ends", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(*token_ends_))));
  if (scopes_known_) out.field("scopes", scopes_);
  if (const std::string wider = wider_scopes(scopes_, setup_.tools); !wider.empty()) out.field("more_than_needed", wider);
  if (!calls_left_.empty()) out.field("rate_limit", calls_left_);
  out.field("write_tools", setup_.tools == Setup::Tools::all).end();
  return std::move(out).text();
}

}  // namespace servers::github
