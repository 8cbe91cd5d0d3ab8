// A server in this process as an upstream.
#pragma once

#include <memory>

#include "gateway/upstream/link.h"

namespace gateway {

// Asks `handler` directly: no sockets, no serialising. It speaks the newest modern revision, and what it says without being asked
// is heard by listening to it as a client would.
// Owns: the handler. Errors: those of its identity().
base::Task<std::unique_ptr<Link>> open_builtin_link(base::Loop& loop, std::unique_ptr<sdk::Handler> handler, LinkEvents events);

}  // namespace gateway
