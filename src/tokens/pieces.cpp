#include "tokens/pieces.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace tokens {
namespace {

enum Class : std::uint8_t { other, upper, lower, letter, mark, number, space, pairs };

constexpr std::uint32_t kStarts[] = {
#include "tokens/unicode_classes.inc"
};

Class find_class(std::uint32_t point) {
  const auto* after = std::upper_bound(std::begin(kStarts), std::end(kStarts), point * 8 + 7);
  const std::uint32_t start = *(after - 1);
  const auto found = static_cast<Class>(start & 7U);
  // Capitals and small letters in turn, from a capital on.
  if (found == pairs) return ((point ^ (start >> 3U)) & 1U) == 0 ? upper : lower;
  return found;
}

const std::array<Class, 128> kAscii = [] {
  std::array<Class, 128> out{};
  for (std::uint32_t c = 0; c < 128; ++c) out[c] = find_class(c);
  return out;
}();

// One character: what it is and where the next begins.
struct Char {
  Class is;
  std::size_t end;
};

Char char_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i])); };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {kAscii[first], at + 1};
  if (first < 0xe0) return {find_class((first & 0x1fU) << 6U | (byte(1) & 0x3fU)), at + 2};
  if (first < 0xf0) return {find_class((first & 0x0fU) << 12U | (byte(1) & 0x3fU) << 6U | (byte(2) & 0x3fU)), at + 3};
  return {find_class((first & 0x07U) << 18U | (byte(1) & 0x3fU) << 12U | (byte(2) & 0x3fU) << 6U | (byte(3) & 0x3fU)), at + 4};
}

bool is_line_end(char c) { return c == '\r' || c == '\n'; }

// An English ending like 's or 'll at `at`, where there is one.
std::size_t after_ending(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size() || text[at] != '\'') return at;
  const auto lower_of = [&](std::size_t i) { return i < text.size() ? static_cast<char>(text[i] | 0x20) : '\0'; };
  const char first = lower_of(at + 1);
  if (first == 's' || first == 'd' || first == 'm' || first == 't') return at + 2;
  const char second = lower_of(at + 2);
  if ((first == 'l' && second == 'l') || (first == 'v' && second == 'e') || (first == 'r' && second == 'e')) return at + 3;
  return at;
}

// A word: at most one sign or space before it, capitals, then small letters. Letters without case and marks go with both. No word: `at`.
std::size_t word_end(std::string_view text, std::size_t at) {
  const Char head = char_at(text, at);
  const bool before = head.is != upper && head.is != lower && head.is != letter && head.is != number && !is_line_end(text[at]);
  std::size_t end = before ? head.end : at;
  const std::size_t begin = end;
  std::size_t small = 0;  // behind the last of the capitals' run that may also be a small letter
  Char now{other, end};
  while (end < text.size()) {
    now = char_at(text, end);
    if (now.is != upper && now.is != letter && now.is != mark) break;
    end = now.end;
    if (now.is != upper) small = end;
  }
  if (end < text.size() && now.is == lower) {
    while (end < text.size()) {
      now = char_at(text, end);
      if (now.is != lower && now.is != letter && now.is != mark) break;
      end = now.end;
    }
    return after_ending(text, end);
  }
  if (small != 0) return after_ending(text, small);
  if (before && head.is == mark) return after_ending(text, head.end);
  return end > begin ? after_ending(text, end) : at;
}

std::size_t run_end(std::string_view text, std::size_t at, Class of, std::size_t most) {
  for (; at < text.size() && most > 0; --most) {
    const Char now = char_at(text, at);
    if (now.is != of) break;
    at = now.end;
  }
  return at;
}

// Signs, with at most one space before them and line ends and slashes behind them. None: `at`.
std::size_t signs_end(std::string_view text, std::size_t at) {
  std::size_t end = at + (text[at] == ' ' ? 1 : 0);
  const std::size_t begin = end;
  while (end < text.size()) {
    const Char now = char_at(text, end);
    if (now.is != other && now.is != mark) break;
    end = now.end;
  }
  if (end == begin) return at;
  while (end < text.size() && (is_line_end(text[end]) || text[end] == '/')) ++end;
  return end;
}

// White space: to its last line end; else all but the last, which goes with what follows.
std::size_t space_end(std::string_view text, std::size_t at) {
  std::size_t end = at, last = at, line = 0;
  while (end < text.size()) {
    const Char now = char_at(text, end);
    if (now.is != space) break;
    last = end;
    end = now.end;
    if (is_line_end(text[last])) line = end;
  }
  if (line != 0) return line;
  return end == text.size() || last == at ? end : last;
}

// The length of the character that begins at `at`, or 0 where none does. `broken` is how many bytes began like one.
std::size_t utf8_at(std::string_view text, std::size_t at, std::size_t& broken) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U; };
  const unsigned first = byte(0);
  broken = 1;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const std::size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < least || byte(1) > most) return 0;
  for (broken = 2; broken < size; ++broken)
    if ((byte(broken) & 0xc0U) != 0x80) return 0;
  return size;
}

}  // namespace

std::size_t piece_end(std::string_view text, std::size_t at) {
  if (std::size_t end = word_end(text, at); end != at) return end;
  if (std::size_t end = run_end(text, at, number, 3); end != at) return end;
  if (std::size_t end = signs_end(text, at); end != at) return end;
  return space_end(text, at);
}

bool is_utf8(std::string_view text) {
  std::size_t broken = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = utf8_at(text, at, broken);
    if (size == 0) return false;
    at += size;
  }
  return true;
}

std::string mended_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t at = 0; at < text.size();) {
    std::size_t broken = 0;
    const std::size_t size = utf8_at(text, at, broken);
    if (size == 0)
      out += "\xef\xbf\xbd";
    else
      out += text.substr(at, size);
    at += size == 0 ? broken : size;
  }
  return out;
}

}  // namespace tokens
