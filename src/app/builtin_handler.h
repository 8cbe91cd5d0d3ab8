// A built-in server as something that can stand behind an endpoint or an upstream.
#pragma once

#include <memory>

#include "app/hooks.h"
#include "base/loop.h"
#include "gateway/config.h"
#include "mcp/result.h"
#include "sdk/handler.h"
#include "servers/builtin.h"

namespace app {

// What the factory of built-in servers needs of a config.
servers::BuiltinOptions builtin_options(const gateway::ServerConfig& config);

// Makes the built-in server of `config` and owns it; it hears webhooks by `hooks`, which outlives it. May block on the disk for as long as
// opening its folders takes. Errors: those of servers::make_builtin.
mcp::Result<std::unique_ptr<sdk::Handler>> open_builtin(base::Loop& loop, const gateway::ServerConfig& config, Hooks& hooks);

}  // namespace app
