// What a client writes: requests of both eras, their headers, and their cancellation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"
#include "protocol/message.h"
#include "protocol/methods.h"
#include "protocol/param_headers.h"
#include "protocol/params.h"
#include "protocol/versions/versions.h"

namespace protocol {

// How a client presents itself. JSON text.
struct ClientIdentity {
  std::string info;                 // Implementation; may be empty
  std::string capabilities = "{}";  // ClientCapabilities
};

// What goes with one modern request besides its params.
struct RequestExtras {
  std::string_view log_level;       // plain; empty asks for no log messages
  std::string_view progress_token;  // JSON text; empty asks for no progress
  std::string_view method;          // plain; what a method is called that is Method::unknown
  std::string_view name;            // plain; unless empty, goes into params in place of what names the tool or prompt there
  std::string_view traceparent;     // plain
  std::string_view tracestate;
  std::string_view baggage;
};

// A message and the headers that HTTP needs with it besides Content-Type, Accept and the like, which are the same for each.
struct Outgoing {
  std::string body;
  std::vector<Header> headers;
};

// `params` with the envelope of `revision` in its `_meta`; the caller's own keys of `_meta` stay.
std::string modern_params(const Revision& revision, const ClientIdentity& client, std::string_view params, const RequestExtras& extras);

// A modern request with MCP-Protocol-Version, Mcp-Method, Mcp-Name and, for a tool with marked properties, Mcp-Param-*.
// Errors: as param_headers.
mcp::Result<Outgoing> modern_request(const Revision& revision, const ClientIdentity& client, std::string_view id, Method method,
                                     std::string_view params, const RequestExtras& extras = {}, const ToolHeaders* tool = nullptr);
// `name` is what a notification is called that is Method::unknown.
Outgoing modern_notification(const Revision& revision, const ClientIdentity& client, Method method, std::string_view params,
                             std::string_view name = {});

// A legacy request. `session` is the session's id or empty; the version header is written where the revision has it and the
// handshake is over (so not for initialize). Modern keys of `_meta` are taken out.
Outgoing legacy_request(const Revision& revision, std::string_view id, Method method, std::string_view params, std::string_view session,
                        const RequestExtras& extras = {});
Outgoing legacy_notification(const Revision& revision, Method method, std::string_view params, std::string_view session,
                             std::string_view name = {});
// The params of `initialize`.
std::string initialize_params(const Revision& revision, const ClientIdentity& client);

// ClientCapabilities as a peer of `revision` may see them.
std::string client_capabilities_for(const Revision& revision, std::string_view capabilities);

}  // namespace protocol
