// The keys of gatehouse.yaml that belong to the built-in servers over an API: github, tavily, tasks and openapi.
#pragma once

#include <string>
#include <string_view>

#include "app/reader.h"
#include "app/yaml.h"
#include "gateway/config.h"

namespace app {

// Whether `key` is for them alone.
bool own_key(std::string_view key);
// Whether the built-in of this name takes `key`, which others may take too.
bool takes_key(std::string_view builtin, std::string_view key);

// Reads what belongs to the built-in `config.builtin` from the server's map into `config.own`, and checks it as a whole. `path` is the
// map's.
void read_own(const yaml::Value& map, const std::string& path, Reader& reader, gateway::ServerConfig& config);
// The same for a server of the kind `openapi`; sets `config.builtin`.
void read_openapi(const yaml::Value& map, const std::string& path, Reader& reader, gateway::ServerConfig& config);
// Reports each such key of a built-in that takes none.
void refuse_own(const yaml::Value& map, const std::string& path, std::string_view builtin, Reader& reader);

}  // namespace app
