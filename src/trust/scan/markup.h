// What a page shows otherwise than it reads: comments, hidden styles, and blanks that push a text out of sight.
#pragma once

#include <string_view>
#include <vector>

#include "trust/scan/finding.h"

namespace trust::scan {

// Findings without `where`. Linear.
std::vector<Finding> find_markup(std::string_view text);

}  // namespace trust::scan
