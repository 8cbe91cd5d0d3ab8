// `scan:` of the config, as the gateway needs it.
#pragma once

#include <cstdint>

#include "trust/scan/results.h"

namespace gateway {

// What is done with a definition that the scanner objects to.
enum class OnDefinitions : std::uint8_t {
  off,
  review,  // it is told, and shown all the same
  block,   // it is held back where the finding says block
};

struct ScanConfig {
  OnDefinitions definitions = OnDefinitions::block;
  trust::ResultRules results;
  bool operator==(const ScanConfig&) const = default;
};

}  // namespace gateway
