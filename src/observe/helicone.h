// Calls as Helicone's custom logs have them.
#pragma once

#include <string>
#include <string_view>

#include "base/record.h"
#include "observe/span.h"

namespace observe {

// Where Helicone takes logs, unless the config says otherwise.
inline constexpr std::string_view kHeliconeUrl = "https://api.us.helicone.ai/custom/v1/log";

// Whether it is something that Helicone shows: a tool was called.
bool is_logged(const base::CallRecord& record);

// One log, the body of POST /custom/v1/log: a tool's request and response, its time, and who asked as properties. What of arguments and
// result is in it is what `rules` let leave.
std::string helicone_log(const base::CallRecord& record, const SpanRules& rules);

}  // namespace observe
