// Which servers of a config came from a registry, as a file beside it keeps them.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace trust {

struct AddedServer {
  std::string registry;  // its URL
  std::string name;      // there
  std::string version;
  std::string digest;  // of its description when it was added
  bool operator==(const AddedServer&) const = default;
};

// By id in the config.
using AddedServers = std::map<std::string, AddedServer>;

// `gatehouse.registry.json` for `gatehouse.yaml`.
std::string added_file_of(std::string_view config_file);

// Errors: invalid_argument, with what is wrong.
mcp::Result<AddedServers> parse_added(std::string_view json);
// Keys sorted, a line per server: made to be committed.
std::string added_text(const AddedServers& servers);

}  // namespace trust
