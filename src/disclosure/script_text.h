// Pieces of TypeScript from text of strangers: comments that do not end early, strings, names of members.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace disclosure {

// `text` as it may stand inside a comment: without control characters and marks that turn its direction, with `*\/` for `*/`; its lines
// without spaces at the end, runs of empty ones made one; cut at a word behind `most` bytes, with an ellipsis. May have several lines.
std::string comment_text(std::string_view text, std::size_t most);
// The same in one line.
std::string comment_line(std::string_view text, std::size_t most);

// `/** text */` in lines that are indented by `indent` (the first one, too), with a line break at the end. Empty for an empty text,
// which must come from comment_text.
std::string doc_comment(std::string_view text, std::size_t indent);

// A string literal in double quotes that is one in every version of the language.
std::string string_literal(std::string_view text);

// A member's name in a type: as it is, or in quotes where that is no identifier.
std::string member_name(std::string_view name);

}  // namespace disclosure
