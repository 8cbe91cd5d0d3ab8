// The part of gatehouse.yaml that says which MCP registry is asked.
#pragma once

#include "app/config.h"
#include "app/reader.h"

namespace app {

// `registry:` at the top.
void read_registry(const yaml::Value& value, Reader& reader, AppConfig& config);

}  // namespace app
