// For whom a request goes to an upstream.
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace gateway {

// Who calls, and what their client can do. A legacy upstream is told both once per session, so its sessions, and lists that may depend on
// either, are kept per audience and never shared between two.
struct Audience {
  std::string caller;               // Principal::id
  std::string capabilities = "{}";  // ClientCapabilities, as carried_capabilities() gives them
  std::string handle;               // what a server with `state: session` handed out; empty: none

  auto operator<=>(const Audience&) const = default;
};

// The handle of an audience's session for tasks, which stay in the process that made them.
inline constexpr std::string_view kTaskSession = "tasks";

// What the gateway can carry of a client's capabilities, as JSON text in one fixed form: equal abilities give equal texts. elicitation
// (form, url), sampling (with tools, context), roots; extensions as they are. Anything that is no object gives "{}".
std::string carried_capabilities(std::string_view client_capabilities);

}  // namespace gateway
