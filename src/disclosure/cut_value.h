// A part of cut.h: one value or text cut at its own borders.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace disclosure {

// What was left out, in the order of the text.
struct Rest {
  struct Part {
    std::string what;  // "items", "lines", "block"
    std::string of;    // a JSON pointer, or what block; may be empty
    std::size_t first = 0, last = 0;
    std::string text;  // a line for each item, or the lines
  };
  std::vector<Part> parts;

  std::string words(const Part& part) const;
  std::string text() const;
};

// Text of a value that passed validate_json, shortened to about `limit` tokens. `pointer` is where it stands.
std::string fit_value(std::string_view value, std::size_t limit, const std::string& pointer, Rest& rest);
// Whole lines of a text, or the beginning of its first one.
std::string fit_text(std::string_view text, std::size_t limit, const std::string& of, Rest& rest);

}  // namespace disclosure
