// The list of known names that a command judges by, and what it says of a server's package.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/config.h"
#include "trust/lookalike/likeness.h"

namespace app {

// The list in `file`, or the shipped one where that is empty. Errors: not_found, and those of KnownList::parse with the file's name.
mcp::Result<std::shared_ptr<const trust::KnownList>> read_known_names(const std::string& file);

// What a server of the config fetches, and how its name is judged.
struct JudgedPackage {
  trust::NamedPackage name;
  trust::Likeness likeness;
};

// The package that a `command:` server fetches, or the place of a `url:` server; nothing where there is no name to judge.
std::optional<JudgedPackage> judge_server(const gateway::ServerConfig& server, const trust::KnownList& list);

// `review: npm fastmpc looks like fastmcp`, and below it both names, one under the other, where there are two.
std::string likeness_text(const JudgedPackage& judged, std::string_view indent);

}  // namespace app
