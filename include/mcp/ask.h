// Asking the client before a call can be answered: its user, its model, or its roots.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"
#include "mcp/schema.h"

namespace mcp {

// One thing to ask. Make it with elicit(), sample() or list_roots().
struct InputRequest {
  std::string key;  // finds the answer again: Call::answer(key)
  std::string method;
  std::string params;  // JSON text
};

// Asks the user to fill in a form. `schema_json` is a flat object of strings, numbers, booleans and enums.
// Its answer: {"action":"accept"|"decline"|"cancel","content":{…}}.
InputRequest elicit(std::string key, std::string_view message, std::string_view schema_json);
// The same, with the form of a struct (see arg.h).
template <class Form>
InputRequest elicit(std::string key, std::string_view message) {
  return elicit(std::move(key), message, output_schema<Form>());
}
// Asks the client's model. `params_json` are those of sampling/createMessage. Its answer: {"role":…,"content":…,"model":…}.
InputRequest sample(std::string key, std::string params_json);
// Asks for the client's folders. Its answer: {"roots":[{"uri":…}]}.
InputRequest list_roots(std::string key);

// Ends a handler with questions: `co_return mcp::ask({mcp::elicit("sure", "Delete 3 notes?", schema)});`. The handler is run again, from
// its start and with the same input, once there are answers, and finds them by Call::answer(key). Clients may answer some only, or never
// come back. `state` is for what earlier rounds found out: it travels through the client, sealed, and comes back as Call::state(), or the
// call is refused. It is bound to this tool and input, and good for ten minutes. Allowed in tools, prompts and resources. A client that did
// not declare what is asked for gets an error that says so.
Error ask(std::vector<InputRequest> requests, std::string_view state = {});

namespace detail {

// How the library knows such an Error.
inline constexpr std::string_view kInputRequired = "input is required from the client";

}  // namespace detail
}  // namespace mcp
