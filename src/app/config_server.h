// The `servers:` part of gatehouse.yaml.
#pragma once

#include <vector>

#include "app/finding.h"
#include "app/reader.h"
#include "app/yaml.h"
#include "gateway/config.h"

namespace app {

// Reads the map under `servers:`. What cannot be read is left out, with a finding that says why. A disabled server is checked for its
// form only: what it would need (programs, folders, secrets) may be missing.
// `limits` are the gateway's: where a server says nothing else, they hold.
std::vector<gateway::ServerConfig> read_servers(const yaml::Value& servers, const gateway::Limits& limits, Reader& reader,
                                                Findings& findings);

}  // namespace app
