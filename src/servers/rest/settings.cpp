#include "servers/rest/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "net/url.h"

namespace servers::rest {

mcp::JsonView Settings::take(std::string_view key) {
  read_.emplace_back(key);
  return object_[key];
}

void Settings::wrong(std::string_view key, std::string_view must_be) {
  if (wrong_.empty()) wrong_ = fmt::format("{}{} must be {}", where_, key, must_be);
}

void Settings::text(std::string_view key, std::string& out) {
  mcp::JsonView value = take(key);
  if (!value) return;
  if (auto text = value.string())
    out = *text;
  else
    wrong(key, "text");
}

void Settings::secret(std::string_view key, Secret& out) {
  std::string text;
  this->text(key, text);
  if (!text.empty()) out = Secret(std::move(text));
}

void Settings::flag(std::string_view key, bool& out) {
  mcp::JsonView value = take(key);
  if (!value) return;
  if (auto flag = value.boolean())
    out = *flag;
  else
    wrong(key, "true or false");
}

void Settings::number(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t& out) {
  mcp::JsonView value = take(key);
  if (!value) return;
  auto number = value.integer();
  if (number && *number >= least && *number <= most)
    out = *number;
  else
    wrong(key, fmt::format("a number from {} to {}", least, most));
}

void Settings::texts(std::string_view key, std::vector<std::string>& out) {
  mcp::JsonView value = take(key);
  if (!value) return;
  if (!value.is(mcp::JsonView::Kind::array)) return wrong(key, "a list of texts");
  value.each_element([&](mcp::JsonView one) {
    if (auto text = one.string())
      out.emplace_back(*text);
    else
      wrong(key, "a list of texts");
  });
}

Result<> Settings::done() const {
  if (!wrong_.empty()) return Error(Code::invalid_argument, wrong_);
  std::string unknown;
  object_.each_member([&](std::string_view key, mcp::JsonView) {
    if (std::find(read_.begin(), read_.end(), key) == read_.end()) unknown = key;
  });
  if (!unknown.empty()) return Error(Code::invalid_argument, fmt::format("{}{} is no setting of this server", where_, unknown));
  return {};
}

Result<mcp::Json> own_of(const BuiltinOptions& options) {
  const std::string& text = options.own.reveal();
  auto json = mcp::Json::parse(text.empty() ? "{}" : text);
  // The text may hold credentials: an error does not quote it.
  if (!json || !json->root().is(mcp::JsonView::Kind::object)) return Error(Code::invalid_argument, "the settings are no JSON object");
  return json;
}

ClientOptions read_client(Settings& settings, const BuiltinOptions& options, std::string fallback) {
  ClientOptions out;
  out.agent = "gatehouse/" + options.version;
  out.base_url = std::move(fallback);
  settings.text("base_url", out.base_url);
  settings.text("ca", out.extra_ca);
  std::int64_t time = out.time.count();
  settings.number("timeout_ms", 100, 3'600'000, time);
  out.time = Millis(time);
  out.proxies = options.proxies;
  while (out.base_url.ends_with('/')) out.base_url.pop_back();
  if (!out.base_url.empty() && !net::parse_url(out.base_url)) settings.wrong("base_url", "an http or https address");
  return out;
}

}  // namespace servers::rest
