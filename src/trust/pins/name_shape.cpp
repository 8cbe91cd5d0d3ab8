#include "trust/pins/name_shape.h"

#include <algorithm>
#include <array>
#include <utility>

#include "trust/pins/utf8.h"

namespace trust {
namespace {

// Letters of other scripts that look like Latin ones, as UTS #39 has them for what names are made of; by code point.
constexpr std::array<std::pair<char32_t, char>, 62> kLookalikes{
    {{0x0131, 'l'}, {0x0237, 'j'}, {0x0251, 'a'}, {0x0261, 'g'}, {0x0391, 'a'}, {0x0392, 'b'}, {0x0395, 'e'}, {0x0396, 'z'}, {0x0397, 'h'},
     {0x0399, 'l'}, {0x039a, 'k'}, {0x039c, 'm'}, {0x039d, 'n'}, {0x039f, 'o'}, {0x03a1, 'p'}, {0x03a4, 't'}, {0x03a5, 'y'}, {0x03a7, 'x'},
     {0x03b1, 'a'}, {0x03b3, 'y'}, {0x03b9, 'l'}, {0x03bd, 'v'}, {0x03bf, 'o'}, {0x03c1, 'p'}, {0x03c3, 'o'}, {0x03c5, 'u'}, {0x03f2, 'c'},
     {0x0405, 's'}, {0x0406, 'l'}, {0x0408, 'j'}, {0x0410, 'a'}, {0x0412, 'b'}, {0x0415, 'e'}, {0x041a, 'k'}, {0x041c, 'm'}, {0x041d, 'h'},
     {0x041e, 'o'}, {0x0420, 'p'}, {0x0421, 'c'}, {0x0422, 't'}, {0x0425, 'x'}, {0x0430, 'a'}, {0x0433, 'r'}, {0x0435, 'e'}, {0x043a, 'k'},
     {0x043c, 'm'}, {0x043e, 'o'}, {0x0440, 'p'}, {0x0441, 'c'}, {0x0442, 't'}, {0x0443, 'y'}, {0x0445, 'x'}, {0x0455, 's'}, {0x0456, 'l'},
     {0x0458, 'j'}, {0x0475, 'v'}, {0x04bb, 'h'}, {0x04cf, 'l'}, {0x0501, 'd'}, {0x051b, 'q'}, {0x051d, 'w'}, {0x0585, 'o'}}};

bool unseen(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x34f || c == 0x61c || c == 0x115f || c == 0x1160 || c == 0x17b4 ||
         c == 0x17b5 || (c >= 0x180b && c <= 0x180f) || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0x3164 || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || c == 0xffa0 ||
         (c >= 0x300 && c <= 0x36f) || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

bool separates(char32_t c) { return c == '_' || c == '-' || c == '.' || c == ' ' || c == 0xa0 || (c >= 0x2010 && c <= 0x2015); }

char plain(char32_t c) {
  if (c >= 'A' && c <= 'Z') c += 32;
  if (c >= 0xff21 && c <= 0xff3a) c = c - 0xff21 + 'a';
  if (c >= 0xff41 && c <= 0xff5a) c = c - 0xff41 + 'a';
  if (c >= 0xff10 && c <= 0xff19) c = c - 0xff10 + '0';
  const auto found =
      std::lower_bound(kLookalikes.begin(), kLookalikes.end(), c, [](const auto& one, char32_t at) { return one.first < at; });
  if (found != kLookalikes.end() && found->first == c) c = static_cast<unsigned char>(found->second);
  if (c == '0') return 'o';
  if (c == '1' || c == '|' || c == 'i') return 'l';
  return c < 0x80 ? static_cast<char>(c) : '\0';
}

}  // namespace

std::string name_shape(std::string_view name) {
  std::string out;
  for (std::string_view rest = name; !rest.empty();) {
    const Rune rune = first_rune(rest);
    const char same = rune.good ? plain(rune.code) : '\0';
    if (rune.good && (unseen(rune.code) || separates(rune.code))) {
      // It does not count.
    } else if (same != '\0') {
      out += same;
    } else {
      out.append(rest.substr(0, rune.size));
    }
    rest.remove_prefix(rune.size);
  }
  return out.empty() ? std::string(name) : out;
}

}  // namespace trust
