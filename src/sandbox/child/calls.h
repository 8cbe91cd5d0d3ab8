// System calls that a confined child may not make.
#pragma once

#include "sandbox/child/plan.h"

namespace sandbox::child {

// Whether the process has a network of its own. Where not, sockets of the Internet are refused too.
enum class Network { own, shared };

// Shuts out, for this process and all that it starts: tracing, mounts, namespaces, kernel modules, BPF, keys, io_uring, sockets but those
// of UNIX, the Internet and route questions, what types into a terminal (TIOCSTI), and set-user-id bits. A refused call gives EPERM;
// clone3, openat2 and io_uring ENOSYS, so that libraries take the older way, whose arguments can be seen. Needs no_new_privs. Errors:
// unavailable, with the errno's text.
Result<> refuse_calls(Network network);

}  // namespace sandbox::child
