// The parts of gatehouse.yaml that say how much is too much.
#pragma once

#include <optional>
#include <string>

#include "app/config.h"
#include "app/reader.h"

namespace app {

// `100/s`, `600/m`, `1000/h` (as many at once after a pause), or `{ per_second: 10, burst: 50 }`.
std::optional<gateway::Rate> read_rate(const yaml::Value& value, const std::string& what, Reader& reader);

// `limits:` at the top.
void read_limits(const yaml::Value& value, Reader& reader, AppConfig& config);

// `concurrency`, `queue`, `idle_stop` and `limits` of a server, whose other values have been read. `path` is the server's.
void read_server_limits(const yaml::Value& map, const std::string& path, Reader& reader, gateway::ServerConfig& config);

// What a server's limits are where the config does not say.
void default_server_limits(const gateway::Limits& limits, gateway::ServerConfig& config);

}  // namespace app
