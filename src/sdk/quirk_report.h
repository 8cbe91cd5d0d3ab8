// Says once per peer what it does that the specification does not want.
#pragma once

#include <string_view>

#include "protocol/quirks.h"

namespace sdk {

// One log line for each quirk, the first time that this peer shows it: what it does, what the specification wants, and whether it was
// served. `client_info` is the peer's Implementation, as JSON text; where there is none, the User-Agent says who it may be.
// Threads: any.
void report_quirks(protocol::QuirkSet quirks, protocol::Strictness strictness, std::string_view client_info, std::string_view user_agent);

}  // namespace sdk
