// The built-in server `openapi`: the operations of an OpenAPI description as tools.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "servers/builtin.h"

namespace servers::openapi {

// Settings: `spec` (a file), `base_url`, `token`, `credentials` {scheme: secret}, `headers` {name: secret}, `select` {tags, paths,
// operations, methods, exclude}, `trim` {tool or *: [JSON pointers]}, `ca`, `timeout_ms`, `remedy` (where credentials are set, for errors).
// Reads the file once; it may block for as long as that takes.
// Errors: invalid_argument (the file cannot be read or is no such description, nothing is selected, a setting is wrong).
Result<std::unique_ptr<Builtin>> make_openapi(const BuiltinOptions& options);

// What make_openapi() would leave out or cut, and why. Errors: the same.
Result<std::vector<std::string>> check_openapi(const BuiltinOptions& options);

}  // namespace servers::openapi
