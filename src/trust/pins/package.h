// A package as a lock has it: what a command names, and a hash over all of its files.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "mcp/result.h"

namespace trust {

// The package that a command starts by npx or uvx, with an exact version.
struct PackageCommand {
  std::string manager;  // `npm` or `uv`
  std::string name;
  std::string version;
  std::size_t place = 0;  // of the last word within the command that is not for the program itself
  std::string program;    // of uv: the one of the package's that is run
};
// Nothing for every other command, also where the version is not exact, npx is given options besides -y and -q, or uvx others than -q and
// --from.
std::optional<PackageCommand> find_package_command(std::span<const std::string> command);

// A hash over every file below `folder`: path, whether it can be run, and content; of a link where it leads. Blocks.
// Errors: not_found (no such folder), too_large (more than 200,000 files, or one over 1 GB), internal (one cannot be read, or is no file).
mcp::Result<std::string> tree_digest(const std::string& folder);

// The file that a package's `package.json` names to be run, relative to the package. Nothing where it names none or several of other
// names, or one that is outside.
std::optional<std::string> find_entry(std::string_view package_json, std::string_view name);

}  // namespace trust
