// Paths and URIs without disguise: what a rule has to look at besides what was written.
#pragma once

#include <string>
#include <string_view>

namespace authz {

// Whether a step of the path is `.` or `..`, or empty between others.
bool has_detours(std::string_view path);

// Without them. `..` at the beginning leads nowhere.
std::string without_detours(std::string_view path);

// The URI with scheme and host in lower case, percent-encoded letters, digits, `-._~` and slashes written plainly, and without detours in
// its path.
std::string plain_uri(std::string_view uri);

}  // namespace authz
