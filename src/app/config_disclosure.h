// The parts of gatehouse.yaml that say what clients are shown: `disclosure` and `profiles`.
#pragma once

#include "app/config.h"
#include "app/reader.h"
#include "app/yaml.h"

namespace app {

// `what` is the key's path. Nothing when it is wrong, or asks for what is not built yet; each is a finding.
std::optional<gateway::Disclosure> read_disclosure(const yaml::Value& value, const std::string& what, Reader& reader);

// Reads both keys. The servers have been read.
void read_disclosures(const yaml::Value& top, Reader& reader, Findings& findings, gateway::Config& config);

}  // namespace app
