#include "protocol/trace_context.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/json.h"
#include "protocol/params.h"

namespace protocol {
namespace {

constexpr std::size_t kMostState = 512;
constexpr std::size_t kMostStates = 32;
constexpr std::size_t kMostBaggage = 8192;
constexpr std::size_t kMostBaggages = 180;

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
bool all_zero(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '0'; });
}
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
  auto space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

// Calls `each` with the parts of `text` between `mark`s, white space off, until it says no.
template <class F>
bool every_part(std::string_view text, char mark, F each) {
  for (;;) {
    auto end = text.find(mark);
    if (!each(trimmed(text.substr(0, end)))) return false;
    if (end == text.npos) return true;
    text.remove_prefix(end + 1);
  }
}

// simple-key, or tenant@system.
bool is_state_key(std::string_view key) {
  auto rest_ok = [](std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/'; });
  };
  auto at = key.find('@');
  if (at == key.npos) return !key.empty() && key.size() <= 256 && is_lower(key.front()) && rest_ok(key);
  std::string_view tenant = key.substr(0, at), system = key.substr(at + 1);
  return !tenant.empty() && tenant.size() <= 241 && (is_lower(tenant.front()) || is_digit(tenant.front())) && rest_ok(tenant) &&
         !system.empty() && system.size() <= 14 && is_lower(system.front()) && rest_ok(system);
}

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z') || kMarks.find(c) != kMarks.npos;
  });
}
bool is_baggage_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\'; });
}

}  // namespace

bool valid_traceparent(std::string_view text) {
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  std::string_view version = text.substr(0, 2), trace = text.substr(3, 32), parent = text.substr(36, 16), flags = text.substr(53, 2);
  if (!is_hex(version) || !is_hex(trace) || !is_hex(parent) || !is_hex(flags)) return false;
  if (version == "ff" || all_zero(trace) || all_zero(parent)) return false;
  if (version == "00") return text.size() == 55;
  if (text.size() == 55) return true;
  // Later versions may say more; it still has to fit into a header.
  return text[55] == '-' && text.size() <= 256 && std::ranges::all_of(text.substr(55), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool valid_tracestate(std::string_view text) {
  if (text.size() > kMostState) return false;
  std::vector<std::string_view> keys;
  return every_part(text, ',', [&](std::string_view member) {
    if (member.empty()) return true;
    auto equals = member.find('=');
    if (equals == member.npos) return false;
    std::string_view key = member.substr(0, equals), value = member.substr(equals + 1);
    bool printable = std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f && c != ',' && c != '='; });
    if (!is_state_key(key) || value.empty() || value.size() > 256 || !printable) return false;
    if (std::ranges::find(keys, key) != keys.end() || keys.size() == kMostStates) return false;
    keys.push_back(key);
    return true;
  });
}

bool valid_baggage(std::string_view text) {
  if (text.size() > kMostBaggage) return false;
  std::size_t members = 0;
  return every_part(text, ',', [&](std::string_view member) {
    bool first = true;
    return ++members <= kMostBaggages && every_part(member, ';', [&](std::string_view part) {
      auto equals = part.find('=');
      std::string_view key = trimmed(part.substr(0, equals));
      // A property may be a key alone; the member itself has a value.
      if (equals == part.npos) return !std::exchange(first, false) && is_token(key);
      first = false;
      return is_token(key) && is_baggage_value(trimmed(part.substr(equals + 1)));
    });
  });
}

bool may_carry_trace(std::string_view key, std::string_view value) {
  bool (*valid)(std::string_view) = key == meta_key::kTraceparent  ? valid_traceparent
                                    : key == meta_key::kTracestate ? valid_tracestate
                                    : key == meta_key::kBaggage    ? valid_baggage
                                                                   : nullptr;
  if (!valid) return true;
  auto text = base::json_string(value);
  return text.ok() && valid(*text);
}

}  // namespace protocol
