// The `sandbox:` part of a server.
#pragma once

#include <string>

#include "app/finding.h"
#include "app/reader.h"
#include "app/yaml.h"
#include "gateway/config.h"

namespace app {

// `off`, or a map of read, write, network and allow_degraded.
void read_sandbox(const yaml::Value& value, const std::string& path, Reader& reader, Findings& findings, gateway::ServerConfig& config);

}  // namespace app
