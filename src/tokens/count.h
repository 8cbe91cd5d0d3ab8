// How many tokens of o200k_base a text is: the encoding of GPT-4o and later models, exactly.
#pragma once

#include <cstddef>
#include <limits>
#include <string_view>

namespace tokens {

// The tokens of `text`. Names of special tokens are text like any other; what is no UTF-8 counts as U+FFFD. A single word, number or run of
// signs longer than kLongestPiece is counted in parts. Takes some 20 ms for a MB, and more for what is no language; memory for one
// piece. Threads: any.
std::size_t count(std::string_view text);

// The same, but no further than `most`: the answer is more than `most` as soon as that is sure, and only then.
std::size_t count_to(std::string_view text, std::size_t most);

// The longest beginning of `text` that has at most `most` tokens, in bytes; it ends where a character does, and for text that is no
// UTF-8 it is as good as its bytes.
std::size_t prefix_of(std::string_view text, std::size_t most);

inline constexpr std::size_t kLongestPiece = 16 * 1024;  // bytes

}  // namespace tokens
