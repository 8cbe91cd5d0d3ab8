// The walls around a worker: what this process gives up for good before it looks at untrusted code.
#pragma once

#include <cstddef>
#include <string>

#include "sandbox/pool.h"

namespace sandbox {

// Gives up everything but memory, the clock and descriptors that are open. Each wall is tried; what does not hold on this machine is in
// Layers::missing with the reason. A system call that is not allowed kills the process.
// Call it in a process with one thread, with nothing open but what may stay open.
Layers confine();

// As a body of a FrameKind::ready frame, and back. Errors: invalid_argument.
std::string layers_body(const Layers& layers);
Result<Layers> read_layers(std::string_view body);

}  // namespace sandbox
