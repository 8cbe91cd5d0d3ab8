// What the config says of a server's sandbox.
#pragma once

#include <string>
#include <vector>

#include "net/egress/allow_list.h"

namespace gateway {

struct BoxConfig {
  enum class Mode { on, off };
  // What happens where this machine refuses a layer.
  enum class Degraded { refused, allowed };

  Mode mode = Mode::on;
  std::vector<std::string> read, write;  // absolute paths that are opened by name
  net::AllowList network;
  Degraded degraded = Degraded::refused;
  std::vector<std::string> hidden;  // the gateway's own files, which no server sees wherever they lie
  std::string packages;             // the folder in which packages are kept that launchers fetch; absolute
  bool operator==(const BoxConfig&) const = default;
};

}  // namespace gateway
