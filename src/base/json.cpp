#include "base/json.h"

#include <simdjson.h>

#include <limits>
#include <optional>

#include "base/json_scan.h"

namespace base {
namespace {

// A parser keeps about thirteen times what it once read. Larger texts get one of their own, so that a thread does not stay large.
constexpr std::size_t kKeptParser = 256 * 1024;

simdjson::error_code simd_check(const char* data, std::size_t size, bool copy) {
  auto run = [&](simdjson::dom::parser& parser) {
    if (parser.capacity() < size || parser.max_depth() != kJsonDepth) {
      if (auto e = parser.allocate(std::max<std::size_t>(size, 4096), kJsonDepth)) return e;
    }
    return parser.parse(data, size, copy).error();
  };
  if (size <= kKeptParser) {
    thread_local simdjson::dom::parser parser;
    return run(parser);
  }
  simdjson::dom::parser parser;
  return run(parser);
}

// simdjson says yes fast. Its no is looked at again: it refuses integers above 64 bits and floats outside of double, which are
// JSON; and it does not say where.
Result<> judge(std::string_view text, bool copy) {
  if (text.size() < std::numeric_limits<std::uint32_t>::max() && simd_check(text.data(), text.size(), copy) == simdjson::SUCCESS) return {};
  if (scan::Flaw flaw = scan::find_flaw(text); flaw.what)
    return Error(Code::invalid_argument, std::string("broken JSON at byte ") + std::to_string(flaw.place) + ": " + flaw.what);
  if (!simdjson::validate_utf8(text.data(), text.size())) return Error(Code::invalid_argument, "broken JSON: not UTF-8");
  return {};
}

}  // namespace

Result<> validate_json(std::string_view text) { return judge(text, true); }

Result<> validate_json(const std::string& text) { return judge(text, text.capacity() - text.size() < simdjson::SIMDJSON_PADDING); }

Members::Members(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {
  at_ = scan::skip_space(at_, end_);
  if (at_ < end_ && *at_ == '{') {
    ++at_;
  } else {
    error_ = "not an object";
  }
}

bool Members::next() {
  if (error_) return false;
  at_ = scan::skip_space(at_, end_);
  if (at_ < end_ && *at_ == ',') at_ = scan::skip_space(at_ + 1, end_);
  if (at_ >= end_ || *at_ != '"') {
    at_ = end_;
    return false;
  }
  const char* start = at_;
  const char* stop = scan::find_quote_or_escape(start + 1, end_);
  bool escaped = stop < end_ && *stop == '\\';
  at_ = escaped ? scan::skip_string(stop, end_) : stop < end_ ? stop + 1 : end_;
  if (at_ - start < 2) return false;
  key_ = std::string_view(start + 1, static_cast<std::size_t>(at_ - start - 2));
  if (escaped) {
    scan::append_unescaped(unescaped_.emplace_front(), key_);
    key_ = unescaped_.front();
  }
  at_ = scan::skip_space(at_, end_);
  if (at_ < end_ && *at_ == ':') ++at_;
  const char* value = scan::skip_space(at_, end_);
  at_ = scan::skip_value(value, end_);
  value_ = std::string_view(value, static_cast<std::size_t>(at_ - value));
  raw_ = std::string_view(start, static_cast<std::size_t>(at_ - start));
  if (!remember(key_)) {
    error_ = "a key comes twice in one object";
    return false;
  }
  return true;
}

bool Members::remember(std::string_view key) {
  if (seen_ < kInline) {
    // A bit that nearly always says that no key before can be the same.
    const std::size_t ends = key.empty() ? 0 : static_cast<unsigned char>(key.front()) * 5u + static_cast<unsigned char>(key.back()) * 11u;
    const std::uint64_t mark = std::uint64_t{1} << ((ends + key.size()) & 63);
    if (marks_ & mark) {
      for (std::size_t i = 0; i < seen_; ++i) {
        if (few_[i].size == key.size() && std::string_view(few_[i].data, few_[i].size) == key) return false;
      }
    }
    marks_ |= mark;
    few_[seen_++] = {key.data(), key.size()};
    return true;
  }
  if (!many_) {
    many_ = std::make_unique<std::unordered_set<std::string_view>>();
    for (const Key& k : few_) many_->emplace(k.data, k.size);
  }
  return many_->insert(key).second;
}

Elements::Elements(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {
  at_ = scan::skip_space(at_, end_);
  if (at_ < end_ && *at_ == '[') {
    ++at_;
  } else {
    error_ = "not an array";
  }
}

bool Elements::next() {
  if (error_) return false;
  at_ = scan::skip_space(at_, end_);
  if (at_ < end_ && *at_ == ',') at_ = scan::skip_space(at_ + 1, end_);
  if (at_ >= end_ || *at_ == ']') {
    at_ = end_;
    return false;
  }
  const char* start = at_;
  at_ = scan::skip_value(start, end_);
  if (at_ == start) {  // only where the text was not valid
    at_ = end_;
    return false;
  }
  value_ = std::string_view(start, static_cast<std::size_t>(at_ - start));
  return true;
}

std::string_view find_member(std::string_view text, std::string_view key) {
  Members members(text);
  while (members.next()) {
    if (members.key() == key) return members.value();
  }
  return {};
}

Result<> unique_keys(std::string_view text) {
  if (is_object(text)) {
    return each_member(text, [](std::string_view, std::string_view value) { return unique_keys(value); });
  }
  if (is_array(text)) {
    return each_element(text, [](std::string_view value) { return unique_keys(value); });
  }
  return {};
}

Result<std::string> json_string(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return Error(Code::invalid_argument, "not a string");
  std::string_view inside = value.substr(1, value.size() - 2);
  if (!scan::has_escape(inside)) return std::string(inside);
  std::string out;
  out.reserve(inside.size());
  scan::append_unescaped(out, inside);
  return out;
}

Result<std::int64_t> json_integer(std::string_view value) {
  auto no = [] { return Error(Code::invalid_argument, "not an integer of 64 bits"); };
  std::size_t i = 0;
  bool negative = i < value.size() && value[i] == '-';
  if (negative) ++i;
  // The number is digits * 10^power, with no zero at either end of digits. No JSON number has more than value.size() of them.
  std::string digits;
  long long power = 0;
  bool fraction = false;
  bool any = false;
  for (; i < value.size(); ++i) {
    char c = value[i];
    if (c == '.' && !fraction) {
      fraction = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (!digits.empty() || c != '0') digits += c;
      if (fraction) --power;
    } else {
      break;
    }
  }
  if (!any) return no();
  if (i < value.size() && (value[i] == 'e' || value[i] == 'E')) {
    ++i;
    bool minus = i < value.size() && value[i] == '-';
    if (i < value.size() && (value[i] == '-' || value[i] == '+')) ++i;
    long long exponent = 0;
    std::size_t first = i;
    for (; i < value.size() && value[i] >= '0' && value[i] <= '9'; ++i) {
      if (exponent < 1'000'000'000'000) exponent = exponent * 10 + (value[i] - '0');
    }
    if (i == first) return no();
    power += minus ? -exponent : exponent;
  }
  if (i != value.size()) return no();
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++power;
  }
  if (digits.empty()) return std::int64_t{0};
  if (power < 0 || digits.size() + static_cast<std::size_t>(std::min(power, 100LL)) > 19) return no();
  std::uint64_t magnitude = 0;  // 19 digits fit
  for (char c : digits) magnitude = magnitude * 10 + static_cast<std::uint64_t>(c - '0');
  for (; power > 0; --power) magnitude *= 10;
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (magnitude > kMost + (negative ? 1 : 0)) return no();
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

}  // namespace base
