// Identity providers as a person's doctor sees them: whether each that the config names can sign callers in, and what it lacks.
#pragma once

#include <string>
#include <vector>

#include "base/loop.h"
#include "gateway/token_door/sign_in_config.h"

namespace app {

struct IssuerSign {
  enum class Level { good, warning, bad };
  std::string what;  // `issuer https://…`
  Level level = Level::good;
  std::string text;
  std::string remedy;  // in the provider's words; empty where nothing is to be done
};

// Asks each issuer for its metadata and keys, as the gateway would. Blocks, some seconds at most for each; runs `loop`.
std::vector<IssuerSign> probe_issuers(base::Loop& loop, const gateway::SignInConfig& config);

// What the metadata `json` of an issuer says of what MCP clients need there. Errors of the document are signs too.
std::vector<IssuerSign> signs_of_metadata(const gateway::SignInIssuer& issuer, const std::string& json);

}  // namespace app
