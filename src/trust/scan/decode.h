// Texts that were encoded so that a reader passes over them: base64, hexadecimal, percent, entities, escapes, rot13.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace trust::scan {

struct Decoded {
  std::string_view way;            // base64, hex, percent, entities, escapes, rot13
  std::size_t begin = 0, end = 0;  // bytes of the text that was given
  std::string text;                // printable; at most kLargestDecoded bytes
};

inline constexpr std::size_t kLargestDecoded = 64 * 1024;
inline constexpr std::size_t kMostDecoded = 32;

// What stands in `text` encoded and is text itself, at most kMostDecoded pieces. Not nested: ask again for what comes out. Linear.
std::vector<Decoded> find_encoded(std::string_view text);

}  // namespace trust::scan
