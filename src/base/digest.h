// SHA-256, as the house names things by their content.
#pragma once

#include <string>
#include <string_view>

namespace base {

// The SHA-256 of `bytes` as 64 lower-case hex characters.
std::string sha256_hex(std::string_view bytes);

}  // namespace base
