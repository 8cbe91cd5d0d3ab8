// Which known word was probably meant.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace app {

// The word of `known` that is closest to `word` by edits (base/edit_distance.h), or nothing
// when none is close enough to be a slip of the finger: at most three edits, and at most one for every three letters of the word.
std::optional<std::string_view> find_nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace app
