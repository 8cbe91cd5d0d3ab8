// What an answer of an API means: its JSON, its failure in words a model can act on, when to come back, where the next page is.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "mcp/json.h"
#include "servers/rest/message.h"

namespace servers::rest {

using WallTime = std::chrono::system_clock::time_point;

// How an API is called in messages, and what a person does about its credential.
struct ApiName {
  std::string name;        // "GitHub"
  std::string credential;  // "the token in GITHUB_TOKEN"
};

// The body as JSON. Errors: upstream_failed, which says what came instead (an HTML page, nothing, cut off text).
Result<mcp::Json> parse_body(const Answer& answer, const ApiName& api);

// The error that an answer without success is. Quotes at most a line of what the API said.
// Codes: invalid_argument (400, 422, …), unauthenticated (401), denied (403), not_found (404, 410), conflict (409, 412), too_large (413),
// rate_limited (429), unavailable (5xx), upstream_failed (the rest).
Error failure_of(const Answer& answer, const ApiName& api, WallTime now);

// What the API said about its failure: one line, or nothing.
std::string said(const Answer& answer);

// Retry-After, in seconds or as a date; nothing when there is none or it makes no sense.
std::optional<Millis> retry_after(const Answer& answer, WallTime now);

// The target of rel="next" in the Link header (RFC 8288), as it stands there.
std::optional<std::string> next_link(const Answer& answer);

// The value of one query parameter of a URL, decoded.
std::optional<std::string> query_value(std::string_view url, std::string_view name);

// `text` with each of the credentials of `request` in it replaced.
std::string without_secrets(std::string text, const Request& request);

}  // namespace servers::rest
