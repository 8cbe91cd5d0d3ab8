// JSON with comments, as editors keep their settings: read, and changed in one place with everything else left as it was.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace app::jsonc {

inline constexpr std::size_t kLargest = 8 * 1024 * 1024;  // bytes of a file

// The same text as plain JSON: comments, a byte order mark and commas behind a last member are blanks, so that every place is where it was
// in `text`. An empty text is `{}`, at any place. Line breaks within comments are blanks, too.
// Errors: invalid_argument (no JSON even so, or a key twice; with the place), too_large.
mcp::Result<std::string> parse_plain(std::string_view text);

// `text` with `key` of the object at `path` set to `value`, which is JSON. Objects of the path that are missing are made. Errors: as
// parse_plain; conflict (what is on the path is no object); internal (the text is written in a way that cannot be changed in one place).
mcp::Result<std::string> with_member(std::string_view text, std::span<const std::string> path, std::string_view key,
                                     std::string_view value);

// `text` without `key` of the object at `path`. Comments stay. Errors: as above, not_found.
mcp::Result<std::string> without_member(std::string_view text, std::span<const std::string> path, std::string_view key);

// `json` on several lines, the second and later ones begun by `indent`, each level `unit` deeper.
std::string spread(std::string_view json, std::string_view indent, std::string_view unit);

}  // namespace app::jsonc
