// The part of gatehouse.yaml that instances share: the store, the keys, and each other's addresses.
#pragma once

#include "app/config.h"
#include "app/reader.h"
#include "app/yaml.h"

namespace app {

// Reads `store`, `state_keys` and `peers`. What cannot be read is a finding.
void read_shared(const yaml::Value& top, Reader& reader, AppConfig& config);

// The keys of the config, else those of the file beside the store, which is made (mode 0600) when it is not there: whoever uses the
// store has the same keys. Errors: denied (others can read the file), internal (it cannot be read or made, or holds no key).
mcp::Result<std::vector<base::Secret<std::string>>> state_keys(const AppConfig& config);

// A store's location as it may be shown: without its password.
std::string shown_store(std::string_view location);

// A secret of the gateway's own in the file that begins like its store and ends in `suffix`, 0600, made at first. `key` is what the config
// could name in its place. Errors: internal, denied (others can read it).
mcp::Result<base::Secret<std::string>> secret_beside(const AppConfig& config, std::string_view suffix, std::string_view key);

}  // namespace app
