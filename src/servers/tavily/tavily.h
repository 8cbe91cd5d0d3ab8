// The built-in server `tavily`: search, extract, crawl and map by Tavily's API.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "servers/builtin.h"

namespace servers::tavily {

// Settings: `key`, `key_issued` (a day) and `key_rotate_every` (`30d`), `base_url`, `cache_ms` (how long an answer is good),
// `credits_call` and `credits_day` (the most that may be used), `ca`, `timeout_ms`, `remedy`.
// Without a key the server runs, and each call says what is missing. Errors: invalid_argument.
Result<std::unique_ptr<Builtin>> make_tavily(const BuiltinOptions& options);
// What make_tavily() would warn of. Errors: the same.
Result<std::vector<std::string>> check_tavily(const BuiltinOptions& options);

// How many days the key is older than it may be at `now`; 0: it is not, or nothing is known. Errors: invalid_argument (a day or time that
// is none).
Result<int> days_overdue(std::string_view issued, std::string_view rotate_every, std::chrono::system_clock::time_point now);

}  // namespace servers::tavily
