// TOML as Codex keeps its settings: read as JSON, and changed in a few lines.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace app::toml_text {

inline constexpr std::size_t kLargest = 1024 * 1024;  // bytes of a file

// The document as JSON. Dates become strings. Errors: invalid_argument with the line, too_large.
mcp::Result<std::string> parse_to_json(std::string_view text);

// `text` with the table `[table.key]` that has these lines at its end, in place of one that is there. Errors: as parse_to_json, and
// internal (it is written so that this cannot be done).
mcp::Result<std::string> with_table(std::string_view text, std::string_view table, std::string_view key,
                                    std::span<const std::string> lines);

// `text` in which the table `[table.key]` has `enabled = false`. Errors: as above, not_found.
mcp::Result<std::string> switched_off(std::string_view text, std::string_view table, std::string_view key);

// A TOML string.
std::string quoted(std::string_view text);

}  // namespace app::toml_text
