// Commands of clients that only carry something: mcp-remote to an address, docker's -e to a variable.
#pragma once

#include <optional>

#include "app/import/client_servers.h"

namespace app {

// The address that `npx mcp-remote URL --header …` leads to, as a server of its own. Nothing where the command is none, or has options that
// an address cannot have.
std::optional<FoundServer> find_bridged(const FoundServer& server);

// `docker run -e NAME=VALUE` becomes `-e NAME`, and the value one of the environment, where it can be a secret.
void docker_variables(FoundServer& server);

}  // namespace app
