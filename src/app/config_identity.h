// The parts of gatehouse.yaml that say who may come in, and who may agree: `auth`, `keys`, `approvals`, `tls`, `public_url`,
// `i_know_this_is_open`.
#pragma once

#include <string>
#include <string_view>

#include "app/config.h"
#include "app/reader.h"
#include "app/yaml.h"

namespace app {

// Reads them, and whether the gateway may listen where it shall. `listen` and `store` have been read.
void read_identity(const yaml::Value& top, Reader& reader, AppConfig& config);
// After the rules: what holds where there are none and others can reach the gateway.
void settle_rules(AppConfig& config);

// The pepper of API keys: the config's, or a secret in the file `.pepper` beside the store, made at first. Errors: internal, denied (others
// can read the file).
mcp::Result<base::Secret<std::string>> key_pepper(const AppConfig& config);

}  // namespace app
