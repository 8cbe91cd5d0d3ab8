#include "servers/rest/answers.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <ctime>

#include "net/http_message.h"
#include "servers/rest/text.h"

namespace servers::rest {
namespace {

constexpr std::size_t kQuoted = 300;

// The first text that one of the usual members of an error has.
std::string said_in_json(mcp::JsonView root) {
  static constexpr std::array<std::string_view, 7> kNames{"message", "error_description", "detail", "error", "title", "msg", "reason"};
  if (root.is(mcp::JsonView::Kind::array)) root = root.at(0);
  for (std::string_view name : kNames) {
    mcp::JsonView value = root[name];
    if (auto text = value.string()) return std::string(*text);
    for (std::string_view inner : kNames)
      if (auto text = value[inner].string()) return std::string(*text);
  }
  return {};
}

// What a list of `errors` beside the message adds.
std::string details_in_json(mcp::JsonView root) {
  std::string out;
  auto add = [&out](std::string_view text) {
    if (text.empty() || out.size() > kQuoted) return;
    if (!out.empty()) out.append("; ");
    out.append(text);
  };
  auto one = [&add](mcp::JsonView error) {
    if (auto text = error.string()) return add(*text);
    std::string place(error["field"].string_or(error["path"].string_or("")));
    std::string what(error["message"].string_or(error["code"].string_or("")));
    add(place.empty() ? what : fmt::format("{}: {}", place, what));
  };
  root["errors"].each_element(one);
  return out;
}

std::string html_title(std::string_view body) {
  const std::string small = lower(body.substr(0, 4096));
  std::size_t begin = small.find("<title");
  if (begin == std::string::npos) return {};
  begin = small.find('>', begin);
  if (begin == std::string::npos) return {};
  const std::size_t end = small.find('<', begin);
  return plain_line(body.substr(begin + 1, end == std::string::npos ? 80 : end - begin - 1), 80);
}

bool looks_like_html(const Answer& answer) {
  if (answer.type() == "text/html") return true;
  std::size_t at = answer.body.find_first_not_of(" \t\r\n");
  if (at == std::string::npos) return false;
  const std::string head = lower(std::string_view(answer.body).substr(at, 14));
  return head.starts_with("<!doctype html") || head.starts_with("<html");
}

Code code_of(int status) {
  switch (status) {
    case 401: return Code::unauthenticated;
    case 403: return Code::denied;
    case 404:
    case 410: return Code::not_found;
    case 409:
    case 412: return Code::conflict;
    case 413: return Code::too_large;
    case 429: return Code::rate_limited;
    default: break;
  }
  if (status >= 400 && status < 500) return Code::invalid_argument;
  return status >= 500 ? Code::unavailable : Code::upstream_failed;
}

std::string remedy_of(int status, const ApiName& api, std::optional<Millis> wait) {
  switch (status) {
    case 401: return fmt::format("; check {}: it is missing, wrong or expired", api.credential);
    case 403: return fmt::format("; {} may not do this", api.credential);
    case 404: return "; it does not exist, or the credential may not see it";
    case 409: return "; read its present state and try again";
    case 429: break;
    default: return status >= 500 ? "; this is a failure on its side, try again later" : "";
  }
  if (wait) return fmt::format("; try again in {} s", (wait->count() + 999) / 1000);
  return "; try again later, with fewer calls";
}

}  // namespace

std::optional<std::string_view> Answer::find(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return std::nullopt;
}

std::string Answer::type() const {
  std::string_view value = find("content-type").value_or("");
  value = value.substr(0, value.find_first_of("; \t"));
  return lower(value);
}

Result<mcp::Json> parse_body(const Answer& answer, const ApiName& api) {
  if (looks_like_html(answer)) {
    const std::string title = html_title(answer.body);
    return Error(Code::upstream_failed,
                 fmt::format("{} answered {} with a web page{} where JSON was expected; check the base URL, or whether a sign-in page or "
                             "proxy stands in between",
                             api.name, answer.status, title.empty() ? "" : fmt::format(" (\"{}\")", title)));
  }
  if (answer.body.find_first_not_of(" \t\r\n") == std::string::npos)
    return Error(Code::upstream_failed, fmt::format("{} answered {} with nothing where JSON was expected", api.name, answer.status));
  auto json = mcp::Json::parse(answer.body);
  if (!json)
    return Error(Code::upstream_failed, fmt::format("{} answered {} with what is no JSON ({} bytes of {})", api.name, answer.status,
                                                    answer.body.size(), answer.type().empty() ? "no type" : answer.type()));
  return json;
}

std::string said(const Answer& answer) {
  if (looks_like_html(answer)) return html_title(answer.body);
  if (auto json = mcp::Json::parse(answer.body)) {
    std::string text = said_in_json(json->root());
    const std::string details = details_in_json(json->root());
    if (!details.empty() && details != text) text.append(text.empty() ? "" : ": ").append(details);
    return plain_line(text, kQuoted);
  }
  return answer.type() == "text/plain" ? plain_line(answer.body, kQuoted) : "";
}

Error failure_of(const Answer& answer, const ApiName& api, WallTime now) {
  const std::string words = said(answer);
  return {code_of(answer.status),
          fmt::format("{} answered {} {}{}{}", api.name, answer.status, net::reason_phrase(answer.status),
                      words.empty() ? "" : fmt::format(" (\"{}\")", words), remedy_of(answer.status, api, retry_after(answer, now)))};
}

std::optional<Millis> retry_after(const Answer& answer, WallTime now) {
  auto value = answer.find("retry-after");
  if (!value || value->empty()) return std::nullopt;
  std::int64_t seconds = 0;
  auto [end, ec] = std::from_chars(value->data(), value->data() + value->size(), seconds);
  if (ec == std::errc() && end == value->data() + value->size()) {
    if (seconds < 0 || seconds > 366LL * 24 * 3600) return std::nullopt;
    return std::chrono::seconds(seconds);
  }
  std::tm parts{};
  const std::string text(*value);
  const char* rest = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (!rest || *rest != '\0') return std::nullopt;
  const auto when = std::chrono::system_clock::from_time_t(timegm(&parts));
  return std::max(Millis(0), std::chrono::ceil<Millis>(when - now));
}

std::optional<std::string> next_link(const Answer& answer) {
  std::string_view text = answer.find("link").value_or("");
  while (!text.empty()) {
    const std::size_t open = text.find('<');
    const std::size_t close = text.find('>', open == std::string_view::npos ? text.size() : open);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view target = text.substr(open + 1, close - open - 1);
    std::string_view after = text.substr(close + 1);
    const std::size_t next = after.find(",");
    const std::string parameters = lower(after.substr(0, next));
    if (parameters.find("rel=\"next\"") != std::string::npos || parameters.find("rel=next") != std::string::npos)
      return std::string(target);
    if (next == std::string_view::npos) return std::nullopt;
    text = after.substr(next + 1);
  }
  return std::nullopt;
}

std::optional<std::string> query_value(std::string_view url, std::string_view name) {
  std::size_t at = url.find('?');
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view query = url.substr(at + 1, url.find('#') == std::string_view::npos ? std::string_view::npos : url.find('#') - at - 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (decoded(pair.substr(0, equals)) == name) return equals == std::string_view::npos ? std::string() : decoded(pair.substr(equals + 1));
  }
  return std::nullopt;
}

std::string without_secrets(std::string text, const Request& request) {
  for (const auto& [name, secret] : request.secrets) {
    std::string_view value = secret.reveal();
    const std::size_t space = value.find(' ');
    if (space != std::string_view::npos) value = value.substr(space + 1);
    if (value.size() < 4) continue;
    for (std::size_t at = 0; (at = text.find(value, at)) != std::string::npos; at += 8) text.replace(at, value.size(), "[secret]");
  }
  return text;
}

}  // namespace servers::rest
