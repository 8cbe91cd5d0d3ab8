// What starting a server depends on besides its config: this process's environment and place.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace gateway {

struct Machine {
  std::string home;    // of the user of this process; empty: unknown
  std::string search;  // PATH
  std::string cgroup;  // where groups for children may be made; empty: nowhere
  bool root = false;   // this process is root, and a box has to run as somebody else
  std::function<std::optional<std::string>(const std::string& name)> variable;
  std::vector<std::string> variables;  // names of all

  // This process's. Prepares a control group that was given to it, once, and logs when that fails.
  static const Machine& here();
};

}  // namespace gateway
