// The part of gatehouse.yaml that says where traces and numbers go.
#pragma once

#include "app/config.h"
#include "app/reader.h"
#include "app/yaml.h"

namespace app {

// Reads `telemetry` and `metrics_listen`. What cannot be read is a finding.
void read_telemetry(const yaml::Value& top, Reader& reader, AppConfig& config);

}  // namespace app
