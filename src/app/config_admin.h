// The part of gatehouse.yaml that says who may look at the gateway itself, and who may change it.
#pragma once

#include "app/config.h"
#include "app/reader.h"
#include "app/yaml.h"

namespace app {

// Reads `admin:` at the top. The rules' callers are known: `auth` has been read.
void read_admin(const yaml::Value& value, Reader& reader, AppConfig& config);

}  // namespace app
