// URIs of the aggregate: those of upstreams as they are, but for one that two upstreams have.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

// The URI (or URI template) of `server` that another server has too: `<server>+<uri>`, so `notes+file:///a` for file:///a of notes. A `ui:`
// URI stays one, since hosts look for its scheme: `ui://<server>+<rest>`. What stands inside of a resource stays inside of it.
std::string prefixed_uri(std::string_view server, std::string_view uri);

struct PrefixedUri {
  std::string_view server;
  std::string uri;
};

// What prefixed_uri made it of; nothing when it has no such form. Whether there is such a server is the caller's to know: schemes with
// a `+` exist elsewhere too.
std::optional<PrefixedUri> unprefixed_uri(std::string_view uri);

// True when the URI template (RFC 6570) can produce `uri`, judged by its literal parts.
bool template_matches(std::string_view uri_template, std::string_view uri);

}  // namespace gateway
