// Redirects: where they lead, and whether they are followed.
#pragma once

#include <optional>
#include <string_view>

#include "mcp/result.h"
#include "net/url.h"

namespace net {

// 301, 302, 303, 307, 308.
bool is_redirect(int status);

// Where `reference` leads from `base` (RFC 3986 section 5.2). Errors: as parse_url.
mcp::Result<Url> resolve_url(const Url& base, std::string_view reference);

// Where to send a request next whose answer was `status` with this Location. Only the same server (scheme, host and port) is followed, and
// only where method and body stay what they are: what was meant for one server is never sent to another.
// Errors: unavailable, which names the target and says what to do.
mcp::Result<Url> follow_redirect(const Url& from, std::string_view method, int status, std::optional<std::string_view> location);

}  // namespace net
