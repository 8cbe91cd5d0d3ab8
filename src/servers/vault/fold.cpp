#include "servers/vault/fold.h"

#include <algorithm>
#include <array>
#include <vector>

namespace servers {

namespace {

// The next code point; a broken byte counts as itself, beyond Unicode, so that it comes out unchanged.
constexpr char32_t kBroken = 0x110000;
char32_t take(std::string_view& s) {
  auto byte = static_cast<unsigned char>(s[0]);
  std::size_t n = byte < 0x80 ? 1 : byte < 0xC2 ? 0 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : byte < 0xF5 ? 4 : 0;
  bool good = n > 0 && s.size() >= n;
  for (std::size_t i = 1; good && i < n; ++i) good = (static_cast<unsigned char>(s[i]) & 0xC0) == 0x80;
  char32_t c = n == 1 ? byte : byte & (0xFFu >> (n + 1));
  for (std::size_t i = 1; good && i < n; ++i) c = (c << 6) | (static_cast<unsigned char>(s[i]) & 0x3F);
  // Longer than needed, or beyond Unicode.
  good = good && !(n == 3 && c < 0x800) && !(n == 4 && (c < 0x10000 || c >= kBroken));
  if (!good) {
    s.remove_prefix(1);
    return kBroken + byte;
  }
  s.remove_prefix(n);
  return c;
}

void put(std::string& out, char32_t c) {
  auto add = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c >= kBroken) return add(c - kBroken);
  if (c < 0x80) return add(c);
  if (c < 0x800) return add(0xC0 | (c >> 6)), add(0x80 | (c & 0x3F));
  if (c < 0x10000) return add(0xE0 | (c >> 12)), add(0x80 | ((c >> 6) & 0x3F)), add(0x80 | (c & 0x3F));
  add(0xF0 | (c >> 18)), add(0x80 | ((c >> 12) & 0x3F)), add(0x80 | ((c >> 6) & 0x3F)), add(0x80 | (c & 0x3F));
}

char32_t lower(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;
  if (c == 0x130 || c == 0x131) return 'i';
  if (c == 0x178) return 0xFF;
  if (c == 0x138) return c;
  // Latin Extended: pairs that begin at an even number, and two runs where they begin at an odd one.
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return c & 1 ? c + 1 : c;
  if ((c >= 0x100 && c <= 0x177) || (c >= 0x1E00 && c <= 0x1E95) || (c >= 0x1EA0 && c <= 0x1EFF)) return c & 1 ? c : c + 1;
  if (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) return c + 32;
  if (c == 0x386) return 0x3AC;
  if (c >= 0x388 && c <= 0x38A) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (c == 0x38E || c == 0x38F) return c + 63;
  if (c == 0x3C2) return 0x3C3;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if ((c >= 0x460 && c <= 0x481) || (c >= 0x48A && c <= 0x4BF) || (c >= 0x4D0 && c <= 0x52F)) return c & 1 ? c : c + 1;
  if (c >= 0x531 && c <= 0x556) return c + 48;
  return c;
}

struct Composed {
  char32_t accent;
  std::u32string_view bases, letters;
};
constexpr std::array<Composed, 11> kComposed = {{
    {0x300, U"aeiounw", U"àèìòùǹẁ"},
    {0x301, U"aeiouycnsrzlg", U"áéíóúýćńśŕźĺǵ"},
    {0x302, U"aeioucghjswyz", U"âêîôûĉĝĥĵŝŵŷẑ"},
    {0x303, U"anoiu", U"ãñõĩũ"},
    {0x304, U"aeiou", U"āēīōū"},
    {0x306, U"aegiouи", U"ăĕğĭŏŭй"},
    {0x307, U"cegz", U"ċėġż"},
    {0x308, U"aeiouyеі", U"äëïöüÿёї"},
    {0x30A, U"au", U"åů"},
    {0x30C, U"cdenrstzg", U"čďěňřšťžǧ"},
    {0x327, U"cstgkln", U"çşţģķļņ"},
}};

char32_t compose(char32_t base, char32_t accent) {
  for (const Composed& row : kComposed)
    if (row.accent == accent)
      if (std::size_t at = row.bases.find(base); at != std::u32string_view::npos) return row.letters[at];
  return 0;
}

std::u32string points(std::string_view s) {
  std::u32string out;
  while (!s.empty()) out += take(s);
  return out;
}

}  // namespace

std::string fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  char32_t last = 0;
  bool any = false;
  while (!text.empty()) {
    char32_t c = lower(take(text));
    if (any && c >= 0x300 && c < 0x330) {
      if (char32_t one = compose(last, c)) {
        last = one;
        continue;
      }
    }
    if (any) put(out, last);
    last = c;
    any = true;
  }
  if (any) put(out, last);
  return out;
}

std::size_t edit_distance(std::string_view a_text, std::string_view b_text, std::size_t most) {
  std::u32string a = points(a_text), b = points(b_text);
  if (a.size() > b.size() + most || b.size() > a.size() + most) return most + 1;
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    std::size_t best = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
      best = std::min(best, row[j]);
    }
    if (best > most) return most + 1;
    std::swap(before, previous);
    std::swap(previous, row);
  }
  return std::min(previous[b.size()], most + 1);
}

}  // namespace servers
