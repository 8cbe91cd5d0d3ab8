// The part of gatehouse.yaml that says which definitions are trusted: `pins:`, and the lock that it names.
#pragma once

#include "app/config.h"
#include "app/reader.h"
#include "app/yaml.h"

namespace app {

// Reads `pins:` (null: there is none) and the lock, which is `gatehouse.lock` beside the config where no other is named. `name` is the
// config's own file. What is wrong is a finding, also a lock that is damaged or belongs to another config.
void read_pins(const yaml::Value* value, const std::string& name, Reader& reader, Findings& findings, gateway::Config& config);

// Reads `annotations:` of a tool: hints by their names.
std::map<std::string, bool> read_annotations(const yaml::Value& value, const std::string& path, Reader& reader);

}  // namespace app
