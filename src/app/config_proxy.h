// The `proxy:` part of gatehouse.yaml, and what the environment says of proxies.
#pragma once

#include <vector>

#include "app/finding.h"
#include "app/reader.h"
#include "app/yaml.h"
#include "gateway/config.h"

namespace app {

// Gives each server that is reached by a URL its way there. `value` is what stands under `proxy:`, or null; then the environment's
// HTTP_PROXY, HTTPS_PROXY and NO_PROXY hold.
void read_proxies(const yaml::Value* value, Reader& reader, Findings& findings, std::vector<gateway::ServerConfig>& servers);

}  // namespace app
