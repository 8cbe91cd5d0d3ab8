// What this machine allows of a server's sandbox, found out by starting one.
#pragma once

#include <string>
#include <vector>

#include "base/loop.h"
#include "net/reaper.h"

namespace app {

struct SandboxLayers {
  std::string refused;               // why no sandbox can be made at all; empty: one can
  std::vector<std::string> missing;  // layers that do not hold, each with its reason
  int landlock = 0;                  // the version of Landlock; 0: none
  std::string cgroup;                // the folder where groups for servers are made; empty: none was given to this process
};

// Starts a program that does nothing in a sandbox that takes what it gets. Errors: none.
base::Task<SandboxLayers> probe_sandbox(base::Loop* loop, net::Reaper* reaper);

}  // namespace app
