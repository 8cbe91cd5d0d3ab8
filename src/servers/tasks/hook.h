// Webhooks: is it really from the API, and which issue does it speak of.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "mcp/result.h"
#include "servers/tasks/profile.h"

namespace servers::tasks {

// HMAC-SHA-256 in lower-case hex.
std::string signature_of(std::string_view body, const base::Secret<std::string>& secret);
// `given` is the header's value. Takes as long for a wrong one as for a right one.
bool is_signed(std::string_view body, std::string_view given, std::string_view prefix, const base::Secret<std::string>& secret);
// The id of the issue that the body speaks of. Errors: invalid_argument (no JSON, no id in it).
Result<std::string> issue_of_hook(std::string_view body, const Profile& profile);

}  // namespace servers::tasks
