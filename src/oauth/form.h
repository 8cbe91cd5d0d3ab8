// Parameters as OAuth sends them: in queries and in form bodies.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/result.h"

namespace oauth {

// Names and values, decoded, in order.
using Form = std::vector<std::pair<std::string, std::string>>;

// `text` with everything but unreserved characters (RFC 3986) as %XX.
std::string percent_encoded(std::string_view text);

// application/x-www-form-urlencoded; also good as a query.
std::string form_encoded(const Form& form);

// Reads a query or a form body: at most 100 parameters. Errors: invalid_argument (an escape that is none, a parameter that comes
// twice, which OAuth forbids, or too many of them).
mcp::Result<Form> read_form(std::string_view text);

// The value of `name`, or null.
const std::string* find(const Form& form, std::string_view name);

// `url` with the parameters behind what it has.
std::string with_query(std::string_view url, const Form& form);

}  // namespace oauth
