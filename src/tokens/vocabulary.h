// The tokens of o200k_base by their bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tokens {

// What find_rank gives for bytes that are no token.
inline constexpr std::uint32_t kNoRank = 0xffffffff;

// The rank of the token of these bytes: the lower, the earlier two parts become one. Threads: any.
std::uint32_t find_rank(std::string_view bytes);

// How many tokens there are, and how many bytes the longest has.
std::size_t vocabulary_size();
std::size_t longest_token();

}  // namespace tokens
