// The part of gatehouse.yaml that says how many tokens are too many.
#pragma once

#include "app/config.h"
#include "app/reader.h"

namespace app {

// `budget:` at the top.
void read_budget(const yaml::Value& value, Reader& reader, AppConfig& config);

}  // namespace app
