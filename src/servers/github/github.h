// The built-in server `github`: issues, pull requests, files and commits over GitHub's REST API.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "servers/builtin.h"

namespace servers::github {

// Settings: `token`, or `app` {id, installation, key (PEM)}; `base_url` (of an Enterprise server: https://host/api/v3), `write` (true: also
// the tools that change something), `repositories` (globs over owner/name), `ca`, `timeout_ms`, `remedy`.
// Without a credential the server runs, and each call says what is missing.
// Errors: invalid_argument.
Result<std::unique_ptr<Builtin>> make_github(const BuiltinOptions& options);
// What make_github() would warn of. Errors: the same.
Result<std::vector<std::string>> check_github(const BuiltinOptions& options);

}  // namespace servers::github
