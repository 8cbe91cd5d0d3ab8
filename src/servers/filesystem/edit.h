// Edits of a text by what stands in it, and the difference of two texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace servers {

struct Edit {
  std::string old_text;
  std::string new_text;
};

// `text` with the edits applied, one after the other. Each `old_text` must stand there once: exactly, or else line by line with
// different white space at the ends of lines, and then the indentation of the text is kept. Line ends of the text stay as they are.
// Errors: invalid_argument: an edit that is found nowhere or in several places; the message says which, where, and what to do.
mcp::Result<std::string> apply_edits(std::string text, const std::vector<Edit>& edits);

// The unified difference between two texts with four lines around each change, under a header that names `path`. Empty when equal.
std::string unified_diff(std::string_view path, std::string_view before, std::string_view after);

}  // namespace servers
