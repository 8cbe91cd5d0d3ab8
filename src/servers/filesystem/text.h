// Text and bytes: what is UTF-8, what can be shown, what kind of file it is.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace servers {

// The place of the first byte that is not part of well-formed UTF-8, or nothing.
std::optional<std::size_t> find_bad_utf8(std::string_view bytes);
// True when the bytes are no text: a NUL among the first 8 KB.
bool looks_binary(std::string_view bytes);

// `text` with control characters, line breaks and broken UTF-8 written as escapes, so that it fits one line and cannot pretend to
// be something else.
std::string visible(std::string_view text);
// `bytes` with every broken sequence as U+FFFD.
std::string repaired(std::string_view bytes);
// At most `most` bytes from the start of `text`, cut between characters.
std::string_view cut(std::string_view text, std::size_t most);

// The media type by the file's name; application/octet-stream when it says nothing.
std::string_view media_type(std::string_view name);

// Appends `count` bytes' size in words a person reads: "1.50 KB".
std::string size_text(std::size_t count);

// The first `lines` lines of `text`, and the last; a final line break does not begin another line.
std::string_view first_lines(std::string_view text, std::size_t lines);
std::string_view last_lines(std::string_view text, std::size_t lines);

// `text` with each line break, of one kind or the other, as `line_end`.
std::string with_line_ends(std::string_view text, std::string_view line_end);
// The line of the byte at `offset`, from 1.
std::size_t line_number(std::string_view text, std::size_t offset);

}  // namespace servers
