// How many slips of the finger lie between two words.
#pragma once

#include <string_view>

namespace base {

// The edits between two words (insert, delete, replace, swap of neighbours), doubled so that it is a whole number: another case of the
// same letter, or `-` for `_`, counts half. Takes time and memory in the product and the sum of the lengths: cut long words before.
int edit_distance(std::string_view a, std::string_view b);

}  // namespace base
