// What this build is.
#pragma once

#include <string_view>

namespace app {

// The version, as in 1.2.3.
std::string_view build_version();
// The commit it was built from, or "unknown" outside a checkout.
std::string_view build_commit();

}  // namespace app
