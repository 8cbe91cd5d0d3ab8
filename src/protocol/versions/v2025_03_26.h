// Streamable HTTP with sessions, JSON-RPC batches, tool annotations, audio, completions as a capability.
#pragma once

#include "protocol/versions/revision.h"

namespace protocol::versions {

extern const Revision k2025_03_26;

}  // namespace protocol::versions
