// Comparing names as people mean them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace servers {

// `text` in lower case, for Latin, Greek, Cyrillic and Armenian letters; others, and broken UTF-8, stay as they are. A Latin letter
// followed by a combining accent becomes the one letter that a keyboard would have typed, where that exists.
std::string fold(std::string_view text);

// How many insertions, deletions, replacements and swaps of neighbours lead from `a` to `b`, by code points; `most` + 1 when there
// are more than `most`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most);

}  // namespace servers
