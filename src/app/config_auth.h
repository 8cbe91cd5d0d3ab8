// The part of gatehouse.yaml that says how the gateway signs in to servers, and what seals the tokens that it keeps.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "app/reader.h"
#include "app/yaml.h"

namespace app {

// Reads `servers.x.auth`. What cannot be read is a finding.
void read_upstream_auth(const yaml::Value& value, const std::string& path, Reader& reader, gateway::ServerConfig& server);

// Reads `keys.vault`.
void read_token_keys(const yaml::Value& value, Reader& reader, AppConfig& config);
// A finding where a server wants tokens and instances that share a database would seal them under keys of their own.
void check_token_keys(const yaml::Value& servers, Reader& reader, const AppConfig& config);

// The keys of `keys.vault`, else the one of the file beside the store, which is made at first; none where no server wants a sign-in.
// Errors: as secret_beside.
mcp::Result<std::vector<base::Secret<std::string>>> token_keys(const AppConfig& config);

}  // namespace app
