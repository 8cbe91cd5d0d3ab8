// How the rest of a result that was cut is asked for: as a tool's arguments, and as a URI.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace gateway {

inline constexpr std::string_view kReadMore = "read_more";
inline constexpr std::string_view kResultUri = "gatehouse://result/";
// Tokens of a page where the budget allows more.
inline constexpr std::size_t kLargestPage = 10'000;

// The tool, as lists of tools have it.
inline constexpr std::string_view kReadMoreDefinition =
    R"({"name":"read_more","description":"Reads on in a result that was cut to fit the token budget: the result says the handle.",)"
    R"("inputSchema":{"type":"object","properties":{"handle":{"type":"string"},)"
    R"("from":{"type":"integer","minimum":0,"default":0,"description":"Where to go on, as the page before said"}},"required":["handle"]},)"
    R"("annotations":{"readOnlyHint":true,"openWorldHint":false}})";

// What of which result.
struct RestPlace {
  std::string handle;
  std::size_t from = 0;  // a byte
};

// `arguments`: JSON text. Errors: invalid_argument.
mcp::Result<RestPlace> rest_in_arguments(std::string_view arguments);
// `gatehouse://result/<handle>` or `…?from=123`. Errors: invalid_argument.
mcp::Result<RestPlace> rest_in_uri(std::string_view uri);

}  // namespace gateway
