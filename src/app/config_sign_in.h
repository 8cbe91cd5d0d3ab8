// The part `auth.issuers` of gatehouse.yaml: whose tokens let callers in.
#pragma once

#include "app/config.h"
#include "app/reader.h"
#include "app/yaml.h"

namespace app {

// Reads the list. `public_url`, `listen` and `tls` have been read or are in `top`.
void read_issuers(const yaml::Value& issuers, Reader& reader, AppConfig& config);
// After all of the identity was read: the URL under which the gateway is a resource, and what goes with it. `at` is where findings belong.
void settle_sign_in(const yaml::Value& at, Reader& reader, AppConfig& config);

}  // namespace app
