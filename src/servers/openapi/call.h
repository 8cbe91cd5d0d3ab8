// From the arguments of a tool to the request of its operation, and from the answer to what a model reads.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mcp/content.h"
#include "servers/openapi/operation.h"
#include "servers/rest/answers.h"
#include "servers/rest/message.h"
#include "servers/rest/trim.h"

namespace servers::openapi {

// How the API is reached and what is shown of its answers.
struct CallOptions {
  std::string base_url;                                       // in place of the description's own; empty: that one
  std::map<std::string, rest::Secret> credentials;            // by the scheme's name in the description
  rest::Secret token;                                         // for every scheme that has none of its own
  std::vector<std::pair<std::string, rest::Secret>> headers;  // on each request
  std::map<std::string, std::vector<std::string>> trim;       // by the tool's name, or `*`: JSON pointers that stay
  std::size_t most_bytes = 100'000;                           // of an answer's JSON as it is shown
  std::string remedy;                                         // told when a credential is missing: where it is set
};

// Errors: invalid_argument (an argument that cannot be written where it belongs), unauthenticated (no credential; says which are missing
// and where they are set), unavailable (no base URL).
Result<rest::Request> request_of(const Operation& operation, JsonView arguments, const CallOptions& options);

// What the model gets. An answer without success is an Error, as rest::failure_of has it.
Result<mcp::ToolResult> result_of(const Operation& operation, const rest::Answer& answer, const CallOptions& options,
                                  const rest::ApiName& api);

// How to get the next page, when the answer tells: "More: call again with {"page":3}"; else empty.
std::string next_page(const Operation& operation, const rest::Answer& answer, JsonView body);

}  // namespace servers::openapi
