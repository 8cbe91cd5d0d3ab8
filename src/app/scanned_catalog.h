// What the servers of a config offer, as the scanner sees it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "mcp/client.h"
#include "trust/scan/finding.h"

namespace net {
class Reaper;
}

namespace app {

// One definition, or the words of a server about itself.
struct Scanned {
  std::string server;
  std::string_view kind;  // `tool`, `prompt`, `resource`, `template`, `instructions`, `server`
  std::string name;       // as the server has it; of the last two kinds the kind again
  std::vector<trust::Finding> findings;
};

struct ScannedCatalog {
  std::vector<Scanned> all;
  std::vector<std::string> unseen;  // a line per server that could not be asked, with the reason
};

// Starts or reaches every server of the config, takes all that it offers, whatever rules and pins say of it, and scans it with the tools of
// the others for neighbours. `server`: only this one is told of; empty: all. Blocks. Errors: not_found (no such server), and those of
// making a gateway.
mcp::Result<ScannedCatalog> scan_config(const AppConfig& config, const std::string& server, net::Reaper& reaper);

// The same for tools as a gateway lists them, by their public names.
mcp::Result<std::vector<Scanned>> scan_tools(const std::vector<mcp::ToolInfo>& tools, const std::string& server);

}  // namespace app
