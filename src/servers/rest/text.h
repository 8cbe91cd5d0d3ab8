// Text on its way into URLs, headers and messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace servers::rest {

// Percent-encodes everything but the unreserved characters of RFC 3986, and those in `also`.
std::string encoded(std::string_view text, std::string_view also = {});
// Undoes it; what is no escape stays as it is.
std::string decoded(std::string_view text);
// No control character in it: fit for the value of a header.
bool fits_a_header(std::string_view text);
// Foreign text for a message: one line, control characters as spaces, cut after `most` bytes (never inside of a character).
std::string plain_line(std::string_view text, std::size_t most);
// Cuts UTF-8 text at most `most` bytes, never inside of a character.
std::string_view cut(std::string_view text, std::size_t most);
std::string lower(std::string_view text);

}  // namespace servers::rest
