// Cuts a text into the pieces within which o200k_base looks for tokens: words with the space before them, up to three digits, signs, white
// space.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tokens {

// Where the piece that begins at `at` ends. `text` must be UTF-8, and `at` less than its size and where a piece begins.
// All pieces of a text together take time linear in it. Threads: any.
std::size_t piece_end(std::string_view text, std::size_t at);

// True when `text` is UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool is_utf8(std::string_view text);
// `text` with U+FFFD for what is no UTF-8, one for each maximal beginning of a character (as decoders of the web do).
std::string mended_utf8(std::string_view text);

}  // namespace tokens
