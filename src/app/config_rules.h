// The `rules:` part of gatehouse.yaml.
#pragma once

#include <vector>

#include "access/rules.h"
#include "app/reader.h"
#include "app/yaml.h"
#include "gateway/config.h"

namespace app {

// Reads the lines; each mistake is a finding at its place. Warns of lines that no call reaches, that are for nobody, or that name a server
// that is not there.
std::vector<authz::Rule> read_rules(const yaml::Value& value, Reader& reader, Findings& findings,
                                    const std::vector<gateway::ServerConfig>& servers);

}  // namespace app
