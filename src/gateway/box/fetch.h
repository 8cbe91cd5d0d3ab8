// Packages that a launcher (npx, uvx) would fetch at each start: fetched apart, before the server has a say, and then run from where they
// are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/loop.h"
#include "gateway/box/machine.h"
#include "gateway/config.h"
#include "net/reaper.h"

namespace gateway {

// A launcher's command, taken apart.
struct Launcher {
  enum class Kind { npx, uvx } kind = Kind::npx;
  std::string program;                // npm or uv: what fetches
  std::vector<std::string> packages;  // the first one has the command
  std::string command;                // the name of what is run; empty: the package's only one, or the one of its name
  std::string python;                 // uvx --python
  std::vector<std::string> arguments;

  // Whether all versions are exact, so that what was fetched is good for ever.
  bool exact() const;
};

// Nothing when the command is no launcher's. Errors: invalid_argument (options that are not known here; with the remedy).
base::Result<std::optional<Launcher>> read_launcher(const std::vector<std::string>& argv);

// Gives the command that runs the package from where it lies in `config.box.packages`. Fetches it first where that was never done, or was
// done more than a day ago for a version that is not exact: in a box without the server's variables and files, with the network of the
// registry, install scripts off. One at a time for each package, also between processes.
// Errors: unavailable (with the end of what the package manager said), timeout, those of Child::open_child.
base::Task<std::vector<std::string>> fetch_package(base::Loop* loop, net::Reaper* reaper, ServerConfig config, Launcher launcher,
                                                   const Machine* machine);

}  // namespace gateway
