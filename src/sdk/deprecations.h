// Says once per peer that a deprecated feature of the protocol is in use, and what to use instead.
#pragma once

#include <string>
#include <string_view>

#include "protocol/versions/deprecations.h"

namespace sdk {

// Writes one log line the first time that `peer` (see peer_name(), or the URL of a server) uses `feature`; nothing after that. The
// number of peers that are remembered is bounded. The feature goes on working.
// Threads: any.
void report_deprecated(std::string_view peer, protocol::Deprecated feature);

// The line as it is written, without the peer: what it is, since when, until when, and the remedy.
std::string deprecation_text(protocol::Deprecated feature);

}  // namespace sdk
