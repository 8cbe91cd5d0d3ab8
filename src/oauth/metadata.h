// What resources and authorization servers say about themselves (RFC 9728, RFC 8414, OpenID Connect Discovery).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"
#include "net/url.h"
#include "oauth/scopes.h"

namespace oauth {

struct ResourceMetadata {
  std::string resource;
  std::vector<std::string> authorization_servers;
  Scopes scopes;  // scopes_supported
  bool dpop_required = false;
  std::vector<std::string> dpop_algs;
};

struct ServerMetadata {
  std::string issuer;
  std::string authorization_endpoint, token_endpoint, registration_endpoint;  // empty: none
  Scopes scopes;
  std::vector<std::string> code_challenge_methods, token_auth_methods, token_auth_algs, dpop_algs;
  bool iss_in_answers = false;       // authorization_response_iss_parameter_supported
  bool client_id_documents = false;  // client_id_metadata_document_supported
};

// Errors: invalid_argument, naming the member. Members that are not known are skipped; lists are cut at 100 entries.
mcp::Result<ResourceMetadata> read_resource_metadata(std::string_view json);
mcp::Result<ServerMetadata> read_server_metadata(std::string_view json);

// The identifier of the resource at `url`: without a trailing slash where there is no path.
std::string resource_of(const net::Url& url);

// Where a resource's metadata may be, in the order of the MCP specification ("Protected Resource Metadata Discovery"): what the
// challenge named (may be empty), the well-known URI with the path, the one without.
std::vector<std::string> resource_metadata_urls(const net::Url& server, std::string_view named);

// Where the metadata of an authorization server may be, in the order of the MCP specification ("Authorization Server Metadata
// Discovery"). `issuer` must be a URL without query.
std::vector<std::string> server_metadata_urls(std::string_view issuer);

// Whether metadata for `resource` is metadata for the server at `url`: the same origin, and a path that is the server's or above it.
bool resource_covers(std::string_view resource, const net::Url& url);

}  // namespace oauth
