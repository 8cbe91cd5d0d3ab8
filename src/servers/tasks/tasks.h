// The built-in server `tasks`: issues of a task manager, read, commented, moved and assigned, over a REST API that a profile describes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "servers/builtin.h"

namespace servers::tasks {

// Settings: `profile` (paperclip, which is the default, or github), `api` (members of a profile, in place of its own; see profile.h),
// `values` {name: text} for the profile's templates, `base_url`, `token` or `jwt` {token_url, id, secret, scope, audience} or {key, issuer,
// subject, audience, lifetime_ms}, `write` (false: only reading), `webhook_secret`, `poll_ms`, `ca`, `timeout_ms`, `remedy`. Without a
// credential the server runs, and each call says what is missing. Errors: invalid_argument.
Result<std::unique_ptr<Builtin>> make_tasks(const BuiltinOptions& options);
// What make_tasks() would warn of. Errors: the same.
Result<std::vector<std::string>> check_tasks(const BuiltinOptions& options);

}  // namespace servers::tasks
