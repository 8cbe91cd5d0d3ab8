// What a name looks like to somebody who reads quickly.
#pragma once

#include <string>
#include <string_view>

namespace trust {

// Two names with the same shape are taken for each other: case, separators (`_`, `-`, `.`, space), characters that nobody sees, full-width
// forms, and letters and digits that look like Latin ones do not count. Never empty for a name that is not. Bytes that are no UTF-8 stay.
std::string name_shape(std::string_view name);

}  // namespace trust
