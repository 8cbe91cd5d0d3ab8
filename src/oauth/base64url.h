// Base64url without padding (RFC 4648 section 5), as JOSE and PKCE write it.
#pragma once

#include <string>
#include <string_view>

#include "mcp/result.h"

namespace oauth {

std::string base64url(std::string_view bytes);

// Strict: no padding, no white space, no character of the other alphabet, and no stray bits at the end, so that a text has one
// spelling only. Errors: invalid_argument.
mcp::Result<std::string> from_base64url(std::string_view text);

}  // namespace oauth
