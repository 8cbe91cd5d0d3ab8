// What the config says of a sign-in, as the OAuth client takes it.
#pragma once

#include <memory>
#include <string>

#include "gateway/config.h"
#include "mcp/auth.h"

namespace gateway {

// Everything but how a person gets to their browser and whose token is exchanged. `subject`: on whose behalf; empty: everybody's.
mcp::OAuth oauth_options(const ServerConfig& server, std::shared_ptr<mcp::TokenStore> tokens, std::string subject);

}  // namespace gateway
