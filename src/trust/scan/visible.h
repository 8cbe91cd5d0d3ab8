// Hidden characters made visible, for people who decide about a text.
#pragma once

#include <string>
#include <string_view>

namespace trust {

// `text` with every character that shows nothing, moves others, or drives a terminal as `<U+200B>`; bytes that are no UTF-8 as `<0xFF>`.
// Line breaks, tabs, and what belongs to emoji, flags and scripts that join letters stay as they are. Linear. Thread-safe.
std::string visible(std::string_view text);

}  // namespace trust
