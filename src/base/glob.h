// Patterns with `*` and `?` over names.
#pragma once

#include <string_view>

namespace base {

// True when all of `text` matches `pattern`: `*` is any run of bytes, `?` any one byte, all else itself. No escapes.
// Time is at most the product of both lengths.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace base
