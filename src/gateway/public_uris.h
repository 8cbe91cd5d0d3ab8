// URIs of resources inside of results.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace gateway {

// `result` of tools/call, prompts/get or resources/read with the URIs of its contents, resource links and embedded resources as `rename`
// gives them; empty when none is another one. `result` must have passed validate_json.
std::string with_public_uris(std::string_view result, const std::function<std::string(std::string_view uri)>& rename);

}  // namespace gateway
