// The last revision with sessions: elicitation by URL, icons, tasks as an experiment, SSE that may be polled.
#pragma once

#include "protocol/versions/revision.h"

namespace protocol::versions {

extern const Revision k2025_11_25;

}  // namespace protocol::versions
