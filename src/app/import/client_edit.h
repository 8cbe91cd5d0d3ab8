// A client's config with the one entry of Gatehouse in place of the servers that moved behind it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/import/client_servers.h"

namespace app {

// The entry: what the client starts.
struct GatewayEntry {
  std::string program;  // absolute
  std::string config;   // absolute
};

// What is done with the client's entries for servers that moved.
enum class OldEntries { out, kept };

// `text`, the file's content, with the entry `gatehouse`; the entries of `moved` that stand in this file are taken out, or, in TOML,
// switched off. `put`: whether the entry goes in here. Comments and layout stay. Errors: those of jsonc and toml_text, with the file.
enum class Entry { here, elsewhere };
mcp::Result<std::string> connected_text(const ClientFile& file, std::string_view text, const std::vector<FoundServer>& moved,
                                        const GatewayEntry& entry, Entry where, OldEntries old);

}  // namespace app
