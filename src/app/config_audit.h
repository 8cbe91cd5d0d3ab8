// The part of gatehouse.yaml that says what is recorded, and who else is told.
#pragma once

#include "app/config.h"
#include "app/reader.h"

namespace app {

// `audit:` at the top.
void read_audit(const yaml::Value& value, Reader& reader, AppConfig& config);

}  // namespace app
