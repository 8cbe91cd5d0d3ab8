// Values of the mirrored headers Mcp-Name and Mcp-Param-* (HTTP, "Value Encoding").
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace protocol {

// `value` (UTF-8) as a header value: itself where it is printable ASCII without white space at its ends and does not look encoded;
// else `=?base64?...?=`.
std::string encode_header_value(std::string_view value);

// What the header value spells, or nothing when it is not allowed: a control character or a byte outside ASCII, Base64 that does
// not decode, or decodes to what is not UTF-8. White space at the ends is not part of the value. A value without both marks, or
// with marks in another case, is literal.
std::optional<std::string> decode_header_value(std::string_view value);

}  // namespace protocol
