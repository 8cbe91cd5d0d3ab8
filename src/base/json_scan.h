// Steps over the tokens of JSON text that has been validated. Internal to base/json*.cpp; never reads beyond `end`, whatever the text.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace base::scan {

inline bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

inline const char* skip_space(const char* at, const char* end) {
  while (at < end && is_space(*at)) ++at;
  return at;
}

// Nonzero where a byte of `word` is `byte`. May also mark bytes above a marked one: good enough to find the first on little endian,
// and to know whether there is any on both.
inline std::uint64_t bytes_equal(std::uint64_t word, unsigned char byte) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  std::uint64_t x = word ^ (kOnes * byte);
  return (x - kOnes) & ~x & (kOnes << 7);
}

// `at` is behind an opening quote. Returns the place behind the closing one, or `end`.
inline const char* skip_string(const char* at, const char* end) {
  for (;;) {
    while (end - at >= 8) {
      std::uint64_t word;
      std::memcpy(&word, at, 8);
      if (bytes_equal(word, '"') | bytes_equal(word, '\\')) break;
      at += 8;
    }
    while (at < end && *at != '"' && *at != '\\') ++at;
    if (at >= end) return end;
    if (*at == '"') return at + 1;
    at += 2;   // a backslash and what it escapes
    if (at >= end) return end;
  }
}

// `at` is behind an opening bracket. Returns the place behind the one that closes it, or `end`.
inline const char* skip_container(const char* at, const char* end) {
  for (std::size_t depth = 1; at < end;) {
    switch (*at++) {
      case '"':
        at = skip_string(at, end);
        break;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth == 0) return at;
        break;
      default:
        break;
    }
  }
  return end;
}

// `at` is at the first byte of a value. Returns the place behind it.
inline const char* skip_value(const char* at, const char* end) {
  if (at >= end) return end;
  switch (*at) {
    case '"':
      return skip_string(at + 1, end);
    case '{':
    case '[':
      return skip_container(at + 1, end);
    default:
      while (at < end && *at != ',' && *at != '}' && *at != ']' && !is_space(*at)) ++at;
      return at;
  }
}

// Appends what the inside of a JSON string spells. Half a surrogate pair becomes U+FFFD.
void append_unescaped(std::string& out, std::string_view inside);

inline bool has_escape(std::string_view inside) { return std::memchr(inside.data(), '\\', inside.size()) != nullptr; }

// Where and why `text` is no JSON, or `what` null. Judges the grammar and the depth, not UTF-8.
struct Flaw {
  std::size_t place = 0;
  const char* what = nullptr;
};
Flaw find_flaw(std::string_view text);

}  // namespace base::scan
