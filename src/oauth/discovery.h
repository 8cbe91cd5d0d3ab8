// From a server that wants a token to the authorization server that gives one (MCP Authorization, "Authorization Server Discovery").
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "net/url.h"
#include "oauth/fetcher.h"
#include "oauth/metadata.h"

namespace oauth {

struct Discovery {
  ResourceMetadata resource;
  ServerMetadata server;
};

struct DiscoveryRequest {
  net::Url server;  // the MCP server
  // What the challenge named as `resource_metadata`, or empty.
  std::string named;
  // Authorization servers that this client knows already: taken before others where the resource lists several.
  std::vector<std::string> known;
};

// Reads the resource's metadata, chooses an authorization server, and reads that one's. A server without resource metadata is of
// revision 2025-03-26: it is its own authorization server then, with metadata at its root or with the endpoints that this revision names.
// Errors: denied (the metadata are for another resource, or name a place that may not be asked), upstream_failed (metadata that make no
// sense, or an issuer that is not the one asked for; nothing of such a document is used), and those of the Fetcher.
Task<Discovery> discover(Fetcher* fetcher, DiscoveryRequest request, std::stop_token stop);

// The metadata of the authorization server `issuer`. Errors: as discover; not_found, when it has none.
Task<ServerMetadata> server_metadata(Fetcher* fetcher, std::string issuer, std::stop_token stop);

}  // namespace oauth
