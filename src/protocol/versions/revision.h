// What one revision of the protocol is, as data: the rest of the house asks for a feature and never for a date.
#pragma once

#include <string_view>

namespace protocol {

// How two peers agree on what they speak. `modern`: each request says it in its `_meta`. `legacy`: an `initialize` handshake says it
// once for a session (HTTP) or a process (stdio).
enum class Era { modern, legacy };

// What a revision has. A field is false in the revisions that do not know the thing.
struct Features {
  bool structured_output = false;        // outputSchema and structuredContent
  bool any_structured_content = false;   // ... of any JSON type, not only an object
  bool elicitation_form = false;         // the server may ask the user with a form
  bool elicitation_url = false;          // ... or by sending the user to a URL
  bool elicitation_id = false;           // a URL elicitation carries `elicitationId` and is completed by a notification
  bool batching = false;                 // an array of messages is one HTTP body or one line
  bool version_header = false;           // MCP-Protocol-Version on HTTP requests
  bool mirrored_headers = false;         // Mcp-Method, Mcp-Name and Mcp-Param-*
  bool sessions = false;                 // MCP-Session-Id, the GET stream and DELETE
  bool http_sse = false;                 // the old pair of endpoints: GET for events, POST for messages
  bool resource_link = false;            // content of type resource_link
  bool audio = false;                    // content of type audio
  bool titles = false;                   // `title` beside `name`
  bool icons = false;                    // `icons` of tools, prompts, resources, peers
  bool tool_annotations = false;         // readOnlyHint and its kin
  bool completions = false;              // the `completions` capability
  bool progress_message = false;         // `message` in progress notifications
  bool tasks_core = false;               // tasks as part of the protocol itself
  bool extensions = false;               // the `extensions` map in capabilities, tasks among them
  bool sse_polling = false;              // priming event, `retry`, the server may close a stream
  bool input_required = false;           // a result may ask for input (resultType)
  bool cache_hints = false;              // ttlMs and cacheScope
  bool resource_not_found_code = false;  // a missing resource is -32002, not -32602
  bool schema_2020_12 = false;           // any keyword of JSON Schema 2020-12 in a tool's schemas
};

// One revision. Its name is an opaque word: names are compared for equality, never ordered.
struct Revision {
  std::string_view name;
  Era era = Era::legacy;
  std::string_view released;          // day of release, as YYYY-MM-DD
  std::string_view deprecated;        // first day on which it is deprecated, or empty
  std::string_view earliest_removal;  // first day on which it may be removed, or empty
  Features features;
};

}  // namespace protocol
