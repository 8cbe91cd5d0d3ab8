// The YAML frontmatter of a SKILL.md as JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mcp/json.h"
#include "mcp/result.h"

namespace sdk {

// The longest frontmatter that is read, in bytes.
inline constexpr std::size_t kMostFrontmatter = 32UL * 1024;

// The frontmatter at the start of `markdown` as the text of a JSON object, every field as its author wrote it (SEP-2640,
// "Frontmatter"). Plain scalars mean what the core schema of YAML 1.2 says.
// Errors: invalid_argument (no frontmatter, not YAML, an alias, a tag other than !!str, a key twice, a number that JSON cannot hold, or
// too much of it).
mcp::Result<std::string> frontmatter_json(std::string_view markdown);

// True when both hold the same: members in any order, numbers by their value.
bool same_json(mcp::JsonView a, mcp::JsonView b);

}  // namespace sdk
