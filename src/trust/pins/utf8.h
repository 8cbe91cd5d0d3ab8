// UTF-8, one character after the other.
#pragma once

#include <cstdint>
#include <string_view>

namespace trust {

// A character, and the bytes that it takes. `good` is false for a byte that begins no character; then it is that byte.
struct Rune {
  char32_t code = 0;
  std::size_t size = 1;
  bool good = false;
};

// The first character of `text`, which is not empty.
inline Rune first_rune(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  if (size == 1 || lead >= 0xf5 || text.size() < size) return {lead, 1, false};
  char32_t code = lead & (0xff >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) != 0x80) return {lead, 1, false};
    code = (code << 6) | (byte & 0x3f);
  }
  return {code, size, true};
}

}  // namespace trust
