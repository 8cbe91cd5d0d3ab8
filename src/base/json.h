// JSON as this house handles it: validated once, forwarded as slices, and read as a tree only where somebody needs one.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace base {

using mcp::Code;
using mcp::Error;
using mcp::Result;

// Deeper nesting than this is refused, everywhere.
inline constexpr std::size_t kJsonDepth = 128;

// Checks that `text` is one JSON value: syntax, UTF-8, and depth, and nothing behind it. Error: invalid_argument with the byte's
// place where that is known. About 0.2 us per KB.
Result<> validate_json(std::string_view text);

// Calls `member(key, value)` for each member of the object `text`, which must have passed validate_json. The key is unescaped, the
// value is its slice of `text` as it came in, without surrounding white space. A key that comes twice is refused: two readers of
// one message must not see two messages. `member` returns an Error to stop.
// Errors: invalid_argument (not an object, or a key twice), or what `member` returned.
Result<> each_member(std::string_view text, const std::function<Result<>(std::string_view key, std::string_view value)>& member);

// Calls `element(value)` for each element of the array `text`, which must have passed validate_json.
Result<> each_element(std::string_view text, const std::function<Result<>(std::string_view value)>& element);

// The slice of the member `key` of the object `text`, or empty when it is not there. Both as in each_member; the first wins.
std::string_view find_member(std::string_view text, std::string_view key);

// The string that the slice `value` spells, unescaped. Error: invalid_argument when it is not a string.
Result<std::string> json_string(std::string_view value);
// The integer that the slice spells (also as 3.0 or 1e3), or an Error when it is none or does not fit.
Result<std::int64_t> json_integer(std::string_view value);

// Appends `text` as a JSON string, in quotes. Bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

// `value` without the white space between its tokens. For transports where one line is one message. `value` must be valid.
std::string minified(std::string_view value);
// True when `value` has no line break outside its tokens, so that it can be one line as it stands.
bool single_line(std::string_view value);

// The tree. Refuses what validate_json refuses. Numbers keep 64-bit integers; payloads are never round-tripped through it.
Result<boost::json::value> parse_json(std::string_view text);

}  // namespace base
