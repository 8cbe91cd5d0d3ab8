// What a server asks while a tool runs, put to the person at the terminal.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "mcp/json.h"

namespace app {

// How the person is reached. `ask` writes a prompt and gives the line that was typed, or nothing at the end of the input.
struct Person {
  std::function<void(std::string_view text)> tell;
  std::function<std::optional<std::string>(std::string_view prompt)> ask;
};

// What `call` can answer, as ClientCapabilities.
inline constexpr std::string_view kAnswerable = R"({"elicitation":{"form":{},"url":{}}})";

// Puts one elicitation/create to the person and gives its ElicitResult as JSON text (Elicitation, "Response actions"). A form is
// asked field by field; what does not fit is asked again with the reason; an empty line takes the default or leaves an optional field
// out; the end of the input cancels. For a URL the person is shown it whole and asked whether they have been there; nothing is opened.
std::string answer_elicitation(mcp::JsonView params, const Person& person);

// The `inputResponses` for the `inputRequests` of a result that wants input, as JSON text. What is no elicitation is left out.
std::string answer_requests(mcp::JsonView requests, const Person& person);

}  // namespace app
