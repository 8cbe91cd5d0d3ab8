// The `rules:` part of gatehouse.yaml.
#pragma once

#include <string>
#include <vector>

#include "access/rules.h"
#include "app/reader.h"
#include "app/yaml.h"
#include "gateway/config.h"

namespace app {

// Whether tokens of issuers let callers in, who then have all that a line can name.
enum class Tokens { refused, taken };

// Reads the lines; each mistake is a finding at its place. Warns of lines that no call reaches, that are for nobody, or that name a server
// that is not there.
std::vector<authz::Rule> read_rules(const yaml::Value& value, Reader& reader, Findings& findings, const gateway::Config& config,
                                    Tokens tokens);

// `who` of a line: a caller, or a map. `config` says which callers there can be.
authz::Who read_who(const yaml::Value& value, const std::string& path, Reader& reader, const gateway::Config& config);

}  // namespace app
