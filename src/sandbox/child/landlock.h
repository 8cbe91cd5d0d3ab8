// Landlock: which files this process may reach from now on, whatever it finds in its tree.
#pragma once

#include <string>
#include <vector>

#include "sandbox/child/plan.h"

namespace sandbox::child {

// The version of Landlock's interface that this kernel has; 0: none, or it is off.
int landlock_version();

// Where a process may go; a path that is not there is left out. Devices and /proc are opened as they are, not run.
struct Ground {
  std::vector<std::string> read, write, devices;
};

// Shuts this process, and all that it starts, into `ground`: no other file, no other process's abstract sockets or signals (version 6).
// Whether it may use TCP depends on `tcp` (version 4). Needs no_new_privs. Errors: unavailable, with the reason.
enum class Tcp { open, closed };
Result<> keep_to(const Ground& ground, Tcp tcp);

}  // namespace sandbox::child
