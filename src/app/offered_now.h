// What the servers of a config offer at this moment, to nobody in particular.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/config.h"
#include "trust/pins/pin.h"

namespace net {
class Reaper;
}

namespace app {

struct OfferedNow {
  std::vector<trust::Pin> pins;
  std::string error;  // why there are none; empty: there are
};

// Starts or reaches each of these servers, in a gateway of its own with a store of its own, asks for all that it lists, and ends it again.
// Nothing is left out: not by rules, profiles, pins or the settings of its tools. Blocks. Errors: those of making that gateway.
mcp::Result<std::map<std::string, OfferedNow>> ask_offers(AppConfig config, const std::vector<std::string>& servers, net::Reaper& reaper);

}  // namespace app
