// How far one name is from another, in slips of hand and eye.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace trust {

// The least number of letters left out, put in, replaced, or swapped with their neighbour (optimal string alignment) that make `b` of `a`;
// where it is more than `limit`, limit + 1. Takes time in the product of the lengths at most.
std::size_t slips(std::string_view a, std::string_view b, std::size_t limit);

// `a` is `b` after one slip that a hand makes by itself, or a bit of memory: a key beside the right one, two letters swapped, one struck
// twice, an `s` behind it, one bit of a character turned over.
bool single_slip(std::string_view a, std::string_view b);

// Two names, one below the other, with what differs marked.
struct Alignment {
  std::string first, second;  // `·` where the other one has a character more; characters without a shape as <U+200B>
  std::string marks;          // `^` below each column that differs
};

// Aligns them with the fewest marks. Only the first kMostAligned characters of each are shown.
inline constexpr std::size_t kMostAligned = 200;
Alignment align(std::string_view first, std::string_view second);

}  // namespace trust
