#include "trust/lookalike/confusables.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace trust {
namespace {

// Letters of other scripts and Latin ones with a hook or without their dot that look like a letter of ASCII, by code point.
constexpr std::array<std::pair<char32_t, char>, 116> kAlike{{
    {0x131, 'i'}, {0x17F, 'f'}, {0x180, 'b'}, {0x184, 'b'}, {0x188, 'c'}, {0x18D, 'g'}, {0x192, 'f'}, {0x196, 'l'}, {0x1A6, 'r'},
    {0x1AD, 't'}, {0x1B4, 'y'}, {0x1BD, 's'}, {0x1C0, 'l'}, {0x237, 'j'}, {0x251, 'a'}, {0x253, 'b'}, {0x256, 'd'}, {0x257, 'd'},
    {0x25B, 'e'}, {0x260, 'g'}, {0x261, 'g'}, {0x263, 'y'}, {0x266, 'h'}, {0x269, 'i'}, {0x26A, 'i'}, {0x26B, 'l'}, {0x26D, 'l'},
    {0x26F, 'w'}, {0x271, 'm'}, {0x272, 'n'}, {0x273, 'n'}, {0x274, 'n'}, {0x27C, 'r'}, {0x27D, 'r'}, {0x280, 'r'}, {0x282, 's'},
    {0x288, 't'}, {0x28B, 'u'}, {0x28F, 'y'}, {0x290, 'z'}, {0x299, 'b'}, {0x29C, 'h'}, {0x29F, 'l'}, {0x391, 'a'}, {0x392, 'b'},
    {0x395, 'e'}, {0x396, 'z'}, {0x397, 'h'}, {0x399, 'i'}, {0x39A, 'k'}, {0x39C, 'm'}, {0x39D, 'n'}, {0x39F, 'o'}, {0x3A1, 'p'},
    {0x3A4, 't'}, {0x3A5, 'y'}, {0x3A7, 'x'}, {0x3B1, 'a'}, {0x3B3, 'y'}, {0x3B9, 'i'}, {0x3BA, 'k'}, {0x3BD, 'v'}, {0x3BF, 'o'},
    {0x3C1, 'p'}, {0x3C3, 'o'}, {0x3C4, 't'}, {0x3C5, 'u'}, {0x3C7, 'x'}, {0x3F2, 'c'}, {0x3F3, 'j'}, {0x405, 's'}, {0x406, 'i'},
    {0x408, 'j'}, {0x410, 'a'}, {0x412, 'b'}, {0x415, 'e'}, {0x41A, 'k'}, {0x41C, 'm'}, {0x41D, 'h'}, {0x41E, 'o'}, {0x420, 'p'},
    {0x421, 'c'}, {0x422, 't'}, {0x423, 'y'}, {0x425, 'x'}, {0x430, 'a'}, {0x432, 'b'}, {0x433, 'r'}, {0x435, 'e'}, {0x43A, 'k'},
    {0x43C, 'm'}, {0x43D, 'h'}, {0x43E, 'o'}, {0x43F, 'n'}, {0x440, 'p'}, {0x441, 'c'}, {0x442, 't'}, {0x443, 'y'}, {0x445, 'x'},
    {0x455, 's'}, {0x456, 'i'}, {0x458, 'j'}, {0x461, 'w'}, {0x475, 'v'}, {0x4AF, 'y'}, {0x4BB, 'h'}, {0x4C0, 'l'}, {0x4CF, 'l'},
    {0x501, 'd'}, {0x51B, 'q'}, {0x51D, 'w'}, {0x561, 'w'}, {0x578, 'n'}, {0x57D, 'u'}, {0x581, 'g'}, {0x585, 'o'},
}};
static_assert(std::ranges::is_sorted(kAlike));

// Latin letters with marks, U+00C0 to U+017E, without them; a space where there is no such letter.
constexpr std::string_view kUnmarked =
    "aaaaaaaceeeeiiiidnooooo ouuuuy saaaaaaaceeeeiiii nooooo ouuuuy y"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzz";

// A code point and how many bytes it took; 0 bytes where there is no UTF-8.
struct Decoded {
  char32_t point = 0;
  std::size_t bytes = 0;
};

Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  const std::size_t size = first < 0x80                    ? 1
                           : first >= 0xC2 && first < 0xE0 ? 2
                           : first >= 0xE0 && first < 0xF0 ? 3
                           : first >= 0xF0 && first < 0xF5 ? 4
                                                           : 0;
  if (size == 0 || size > text.size()) return {};
  if (size == 1) return {first, 1};
  char32_t point = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    point = point << 6U | (byte(i) & 0x3FU);
  }
  return {point, size};
}

bool without_width(char32_t c) {
  return c == 0xAD || c == 0x34F || (c >= 0x300 && c <= 0x36F) || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || (c >= 0xE0000 && c <= 0xE0FFF);
}

// The letter of ASCII that `c` looks like, or 0.
char ascii_of(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) return static_cast<char>(c - 0xFEE0);  // full width
  if (c >= 0x1D400 && c <= 0x1D6A3) {                                    // mathematical alphabets, A to Z and a to z in turn
    const auto place = static_cast<char>((c - 0x1D400) % 52);
    return static_cast<char>(place < 26 ? 'a' + place : 'a' + place - 26);
  }
  if (c >= 0x1D7CE && c <= 0x1D7FF) return static_cast<char>('0' + (c - 0x1D7CE) % 10);
  if (c >= 0x24B6 && c <= 0x24E9) return static_cast<char>('a' + (c - 0x24B6) % 26);
  if (c >= 0xC0 && c - 0xC0 < kUnmarked.size()) {
    const char letter = kUnmarked[c - 0xC0];
    if (letter != ' ') return letter;
  }
  if (c >= 0x2010 && c <= 0x2015) return '-';
  const auto* found = std::ranges::lower_bound(kAlike, c, {}, &std::pair<char32_t, char>::first);
  return found != kAlike.end() && found->first == c ? found->second : '\0';
}

// The one letter that stands for all that look like this one.
char shape(char c) {
  if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  switch (c) {
    case '0': return 'o';
    case '1':
    case 'i':
    case '|': return 'l';
    case '2': return 'z';
    case '3': return 'e';
    case '4': return 'a';
    case '5': return 's';
    case '6':
    case '8': return 'b';
    case '7': return 't';
    case '9':
    case 'q': return 'g';
    default: return c;
  }
}

// Appends `c`, which may make one letter with the one before it.
void append_shape(std::string& out, char c) {
  const char before = out.empty() ? '\0' : out.back();
  const char both = before == 'r' && c == 'n' ? 'm' : before == 'v' && c == 'v' ? 'w' : before == 'c' && c == 'l' ? 'd' : '\0';
  if (both)
    out.back() = both;
  else
    out += c;
}

}  // namespace

std::string skeleton(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Decoded next = decode(text);
    const std::string_view bytes = text.substr(0, std::max<std::size_t>(next.bytes, 1));
    text.remove_prefix(bytes.size());
    if (next.bytes == 1) {
      append_shape(out, shape(static_cast<char>(next.point)));
    } else if (next.bytes == 0) {
      out += bytes;
    } else if (!without_width(next.point)) {
      const char letter = ascii_of(next.point);
      if (letter)
        append_shape(out, shape(letter));
      else
        out += bytes;
    }
  }
  return out;
}

bool beyond_ascii(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return c < 0x20 || c == 0x7F || static_cast<unsigned char>(c) >= 0x80; });
}

}  // namespace trust
