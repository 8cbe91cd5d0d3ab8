// Starts a process in a box: a tree, a network and processes of its own, behind Landlock and seccomp, without any privilege.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/child/plan.h"

namespace sandbox::child {

struct Start {
  std::string_view plan;  // plan_bytes()
  const std::vector<std::string>& argv;
  const std::vector<std::string>& environment;
  const std::string& directory;              // as the child sees it; empty: its home
  int input = -1, output = -1, errors = -1;  // what become 0, 1 and 2; above these themselves
  int outlet = -1;                           // a UNIX socket, over which the plan's listeners are sent out, in their order
  int failure = -1;                          // stays open until the program runs; nothing is written to it here
  // Called in the new process when something fails (`error` is an errno, and the process then ends), or when a layer does not hold and may
  // be missing (`error` is 0 then). `what` names it.
  std::function<void(int error, std::string_view what)> tell;
};

// Starts it. Gives the process whose end is the end of the box and all that runs in it, or -1 with errno set and `why` filled.
// It exits with the program's status, or with 128 and the signal that killed the program.
// Call it in a process with one thread, with CLOEXEC on what the child must not have.
pid_t start(const Start& what, std::string& why);

// Clears up what start() left outside of the box. After its end.
void ended(std::string_view plan, pid_t box);

}  // namespace sandbox::child
