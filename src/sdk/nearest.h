// The nearest of some names to one that is not among them: for "did you mean".
#pragma once

#include <span>
#include <string_view>

namespace sdk {

// The known name with the fewest edits from `name`, when there are few enough for a typing error; else empty.
std::string_view nearest(std::string_view name, std::span<const std::string_view> known);

}  // namespace sdk
