// Arguments as OpenAPI's parameters write them: in the path, the query, headers and cookies, in every style.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mcp/json.h"
#include "servers/openapi/operation.h"

namespace servers::openapi {

// What the arguments of one call make of its request. Names and values of the query are encoded already.
struct Placed {
  std::string path;
  std::vector<std::string> query;  // `name=value`
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::string> cookies;  // `name=value`
};

// Puts `value` where `parameter` belongs. `placed.path` holds the path's template.
// Errors: invalid_argument, naming the argument: a value that cannot stand there (an object in an object, a line break in a header, a path
// segment that is empty or leads elsewhere).
Result<> place(const Parameter& parameter, JsonView value, Placed& placed);

// A form of `name=value` pairs (application/x-www-form-urlencoded) of an object's members; lists repeat the name.
std::string form_of(JsonView object);

}  // namespace servers::openapi
