#include "app/reader.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>

namespace app {
namespace {

using std::chrono::milliseconds;

// A whole number and the unit behind it.
struct Amount {
  std::uint64_t number = 0;
  std::string_view unit;
};

std::optional<Amount> parse_amount(std::string_view text) {
  Amount amount;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), amount.number);
  if (ec != std::errc() || end == text.data()) return {};
  amount.unit = text.substr(static_cast<std::size_t>(end - text.data()));
  return amount;
}

std::string as_duration(milliseconds d) {
  if (d.count() % 3'600'000 == 0) return fmt::format("{}h", d.count() / 3'600'000);
  if (d.count() % 60'000 == 0) return fmt::format("{}m", d.count() / 60'000);
  if (d.count() % 1000 == 0) return fmt::format("{}s", d.count() / 1000);
  return fmt::format("{}ms", d.count());
}

std::string as_size(std::size_t bytes) {
  if (bytes % (1024 * 1024) == 0) return fmt::format("{}mb", bytes / (1024 * 1024));
  if (bytes % 1024 == 0) return fmt::format("{}kb", bytes / 1024);
  return fmt::format("{}", bytes);
}

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (!value) return {};
  return std::string(value);
}

std::optional<milliseconds> parse_duration(std::string_view text) {
  auto amount = parse_amount(text);
  if (!amount) return {};
  std::uint64_t unit = amount->unit == "ms"  ? 1
                       : amount->unit == "s" ? 1000
                       : amount->unit == "m" ? 60'000
                       : amount->unit == "h" ? 3'600'000
                       : amount->unit == "d" ? 86'400'000
                                             : 0;
  constexpr std::uint64_t kMost = 10ull * 365 * 86'400'000;  // no longer one is meant
  if (unit == 0 || amount->number > kMost / unit) return {};
  return milliseconds(amount->number * unit);
}

std::optional<std::size_t> parse_size(std::string_view text) {
  auto amount = parse_amount(text);
  if (!amount) return {};
  std::string unit;
  for (char c : amount->unit) unit += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  std::uint64_t factor = unit.empty() || unit == "b"   ? 1
                         : unit == "kb" || unit == "k" ? 1024
                         : unit == "mb" || unit == "m" ? 1024 * 1024
                         : unit == "gb" || unit == "g" ? 1024 * 1024 * 1024
                                                       : 0;
  constexpr std::uint64_t kMost = 1ull << 50;
  if (factor == 0 || amount->number > kMost / factor) return {};
  return amount->number * factor;
}

void Reader::wrong(const yaml::Value& value, std::string_view what, std::string_view wanted) {
  std::string got(value.kind_name());
  if (value.kind == yaml::Value::Kind::scalar) got = shown(value.text);
  error(value, fmt::format("{} must be {}, not {}", what, wanted, got));
}

bool Reader::is_map(const yaml::Value& value, std::string_view what) {
  if (value.kind == yaml::Value::Kind::map) return true;
  wrong(value, what, "a map");
  return false;
}

bool Reader::is_list(const yaml::Value& value, std::string_view what) {
  if (value.kind == yaml::Value::Kind::list) return true;
  wrong(value, what, "a list");
  return false;
}

std::optional<std::string> Reader::text(const yaml::Value& value, std::string_view what) {
  if (value.kind != yaml::Value::Kind::scalar) {
    wrong(value, what, "text");
    return {};
  }
  if (value.text.empty()) {
    error(value, fmt::format("{} is empty; give it a value or remove it", what));
    return {};
  }
  return value.text;
}

std::optional<bool> Reader::flag(const yaml::Value& value, std::string_view what) {
  bool scalar = value.kind == yaml::Value::Kind::scalar && !value.quoted;
  if (scalar && value.text == "true") return true;
  if (scalar && value.text == "false") return false;
  wrong(value, what, value.quoted ? "true or false without quotes" : "true or false");
  return {};
}

std::optional<std::int64_t> Reader::number(const yaml::Value& value, std::string_view what, std::int64_t least, std::int64_t most) {
  std::int64_t n = 0;
  const std::string& text = value.text;
  bool good = false;
  if (value.kind == yaml::Value::Kind::scalar) {
    auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    good = ec == std::errc() && end == text.data() + text.size() && n >= least && n <= most;
  }
  if (good) return n;
  wrong(value, what, fmt::format("a whole number from {} to {}", least, most));
  return {};
}

std::optional<milliseconds> Reader::duration(const yaml::Value& value, std::string_view what, milliseconds least, milliseconds most) {
  if (value.kind == yaml::Value::Kind::scalar) {
    auto d = parse_duration(value.text);
    if (d && *d >= least && *d <= most) return d;
  }
  wrong(value, what, fmt::format("a duration like 30s, 5m or 1h, from {} to {}", as_duration(least), as_duration(most)));
  return {};
}

std::optional<std::size_t> Reader::size(const yaml::Value& value, std::string_view what, std::size_t least, std::size_t most) {
  if (value.kind == yaml::Value::Kind::scalar) {
    auto s = parse_size(value.text);
    if (s && *s >= least && *s <= most) return s;
  }
  wrong(value, what, fmt::format("a size like 16kb or 4mb, from {} to {}", as_size(least), as_size(most)));
  return {};
}

std::optional<std::size_t> Reader::word(const yaml::Value& value, std::string_view what, std::initializer_list<std::string_view> words) {
  std::string wanted;
  std::size_t index = 0;
  for (std::string_view word : words) {
    if (value.kind == yaml::Value::Kind::scalar && value.text == word) return index;
    wanted += index == 0 ? "" : index + 1 == words.size() ? " or " : ", ";
    wanted += word;
    ++index;
  }
  wrong(value, what, wanted);
  return {};
}

std::vector<std::string> Reader::texts(const yaml::Value& value, std::string_view what) {
  std::vector<std::string> out;
  if (!is_list(value, what)) return out;
  for (std::size_t i = 0; i < value.items.size(); ++i)
    if (auto item = plain(value.items[i], fmt::format("{}[{}]", what, i))) out.push_back(std::move(*item));
  return out;
}

std::optional<std::string> Reader::plain(const yaml::Value& value, std::string_view what) {
  auto out = text(value, what);
  if (!out || out->find("${") == std::string::npos) return out;
  error(value, fmt::format("{} cannot hold ${{…}}; secrets are read in env and headers, where no process list shows them", what));
  return {};
}

std::optional<std::string> Reader::path(const yaml::Value& value, std::string_view what) {
  auto out = plain(value, what);
  if (!out) return {};
  if (*out == "~" || out->starts_with("~/")) {
    auto home = environment_("HOME");
    if (!home || home->empty()) {
      error(value, fmt::format("{} begins with ~, and HOME is not set; write the path out", what));
      return {};
    }
    return absolute(*home + out->substr(1));
  }
  return absolute(*out);
}

std::string Reader::absolute(std::string_view path) const {
  std::string out = (std::filesystem::path(folder_) / std::filesystem::path(path)).lexically_normal().string();
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

}  // namespace app
