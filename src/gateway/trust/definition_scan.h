// What the scanner has against showing a definition of an upstream.
#pragma once

#include <string>
#include <string_view>

#include "gateway/trust/scan_config.h"

namespace gateway {

// One sentence without words of the definition, or empty: nothing is held against `definition`, a JSON object as its server lists it. What
// is worth a look only is logged. Linear in its size.
std::string scan_objection(const ScanConfig& config, std::string_view server, std::string_view definition);

}  // namespace gateway
