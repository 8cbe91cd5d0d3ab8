// Starts the package managers of this machine, whose words are shown when they fail.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "mcp/result.h"

namespace app {

// Runs `command`, whose first word is looked for on the PATH, and waits for its end, for ten minutes at most; then it is killed. What it
// says goes to `log`, a file that is gone in the end. Blocks. Errors: unavailable (it is not on the PATH), upstream_failed (its own words).
mcp::Result<> run_fetch_program(const std::vector<std::string>& command, const std::filesystem::path& log);

// The whole of a file; empty where it cannot be read.
std::string read_text(const std::filesystem::path& file);

}  // namespace app
