// Each request says what it speaks: no handshake, no session, no request of the server.
#pragma once

#include "protocol/versions/revision.h"

namespace protocol::versions {

extern const Revision k2026_07_28;

}  // namespace protocol::versions
