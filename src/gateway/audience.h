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

// What the gateway can carry of a client's capabilities, as JSON text in one fixed form: equal abilities give equal texts. elicitation
// (form, url), sampling (with tools, context), roots; extensions as they are. Anything that is no object gives "{}".
std::string carried_capabilities(std::string_view client_capabilities);

}  // namespace gateway
