// YAML as JSON text: the way an OpenAPI description comes in either.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace servers::openapi {

inline constexpr std::size_t kMostYamlNodes = 500'000;  // aliases count as what they stand for
inline constexpr std::size_t kMostYamlDepth = 100;

// One YAML document (1.2, core schema) in UTF-8 as JSON. Keys are taken as text. Tags beyond the core ones, several documents, a key
// twice and aliases without end are refused.
// Errors: invalid_argument with line and column.
mcp::Result<std::string> json_of_yaml(std::string_view text);

}  // namespace servers::openapi
