// What uv chose of a package and all that it needs: a requirements file with a hash for every archive.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace trust {

// Reads what `uv pip compile --generate-hashes` prints, into the form that a lock keeps: `python/NAME` (in small letters, with `-`) to
// `{"hashes":[…],"requirement":"NAME==VERSION ; MARKER"}`. Errors: invalid_argument (a line that is neither, a package without a hash or
// without an exact version), too_large (more than 10,000 packages).
mcp::Result<std::map<std::string, std::string>> parse_requirements(std::string_view text);

// The same file again, from what a lock has. Lines that are none are left out.
std::string requirements_text(const std::map<std::string, std::string>& resolved);

// How Python's packages are told apart: small letters, and one `-` for every run of `-`, `_` and `.`.
std::string plain_python_name(std::string_view name);

}  // namespace trust
