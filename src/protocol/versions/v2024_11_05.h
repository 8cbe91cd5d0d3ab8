// The first revision: HTTP with a pair of endpoints, and stdio.
#pragma once

#include "protocol/versions/revision.h"

namespace protocol::versions {

extern const Revision k2024_11_05;

}  // namespace protocol::versions
