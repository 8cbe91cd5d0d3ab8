// Steps over the tokens of JSON text that has been validated. Internal to base/json*.cpp; never reads beyond `end`, whatever the text.
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>
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

// The first quote or backslash at `at` or behind it, or `end`.
inline const char* find_quote_or_escape(const char* at, const char* end) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i escape = _mm_set1_epi8('\\');
  auto hit = [&](const char* from) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    return _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, escape));
  };
  // Most strings are short, and most bytes are in long ones.
  for (int steps = 0; end - at >= 16; at += 16) {
    if (int hits = _mm_movemask_epi8(hit(at))) return at + std::countr_zero(static_cast<unsigned>(hits));
    if (++steps < 4) continue;
    at += 16;
    while (end - at >= 64 &&
           !_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(hit(at), hit(at + 16)), _mm_or_si128(hit(at + 32), hit(at + 48)))))
      at += 64;
    at -= 16;
  }
#endif
  while (at < end && *at != '"' && *at != '\\') ++at;
  return at;
}

// `at` is behind an opening quote. Returns the place behind the closing one, or `end`.
inline const char* skip_string(const char* at, const char* end) {
  for (;;) {
    at = find_quote_or_escape(at, end);
    if (at >= end) return end;
    if (*at == '"') return at + 1;
    if (end - at <= 2) return end;  // only where the text was not valid
    at += 2;                        // a backslash and what it escapes
  }
}

// `at` is behind an opening bracket. Returns the place behind the one that closes it, or `end`.
inline const char* skip_container(const char* at, const char* end) {
  for (std::size_t depth = 1; at < end;) {
    switch (*at++) {
      case '"': at = skip_string(at, end); break;
      case '{':
      case '[': ++depth; break;
      case '}':
      case ']':
        if (--depth == 0) return at;
        break;
      default: break;
    }
  }
  return end;
}

// `at` is at the first byte of a value. Returns the place behind it.
inline const char* skip_value(const char* at, const char* end) {
  if (at >= end) return end;
  switch (*at) {
    case '"': return skip_string(at + 1, end);
    case '{':
    case '[': return skip_container(at + 1, end);
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
