// The part of gatehouse.yaml that says what the scanner does with what it finds.
#pragma once

#include "app/config.h"
#include "app/reader.h"

namespace app {

// `scan:` at the top.
void read_scan(const yaml::Value& value, Reader& reader, AppConfig& config);

}  // namespace app
