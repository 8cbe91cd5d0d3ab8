#include "oauth/discovery.h"

#include <algorithm>

#include "base/json.h"
#include "oauth/authorization.h"

namespace oauth {
namespace {

// The next place may be asked: there is nothing at this one. Some servers answer 401 or 405 for paths that they do not know.
bool nothing_there(const Fetched& fetched) { return fetched.status >= 400 && fetched.status < 500 && fetched.status != 429; }

// Pages that are shown for every path are no metadata.
bool is_json(const Fetched& fetched) { return fetched.type != "text/html" && base::validate_json(std::string_view(fetched.body)).ok(); }

Error odd_status(const std::string& url, int status) {
  return {status >= 500 || status == 429 ? Code::unavailable : Code::upstream_failed,
          "'" + quotable(url) + "' answered with HTTP " + std::to_string(status)};
}

// Empty: there are none.
Task<std::optional<ResourceMetadata>> resource_metadata(Fetcher* fetcher, const DiscoveryRequest* request, std::stop_token stop) {
  const std::vector<std::string> urls = resource_metadata_urls(request->server, request->named);
  for (const std::string& url : urls) {
    Fetched fetched = co_await fetcher->get(url, stop);
    if (nothing_there(fetched)) continue;
    if (fetched.status != 200) co_return odd_status(url, fetched.status);
    if (!is_json(fetched)) continue;
    Result<ResourceMetadata> metadata = read_resource_metadata(fetched.body);
    if (!metadata)
      co_return Error(Code::upstream_failed,
                      "the resource metadata at '" + quotable(url) + "' cannot be used: " + metadata.error().message);
    if (!resource_covers(metadata->resource, request->server))
      co_return Error(Code::denied, "the resource metadata at '" + quotable(url) + "' are for '" + quotable(metadata->resource) +
                                        "', not for '" + resource_of(request->server) + "'; a token from there could be used elsewhere");
    co_return std::optional<ResourceMetadata>(*std::move(metadata));
  }
  co_return std::optional<ResourceMetadata>();
}

std::string origin_of(const net::Url& url) { return (url.tls ? "https://" : "http://") + url.authority; }

// The endpoints that revision 2025-03-26 names for a server that says nothing of itself.
ServerMetadata endpoints_of_old(const std::string& origin) {
  ServerMetadata out;
  out.issuer = origin;
  out.authorization_endpoint = origin + "/authorize";
  out.token_endpoint = origin + "/token";
  out.registration_endpoint = origin + "/register";
  out.code_challenge_methods = {"S256"};  // that revision wants it of everybody
  out.token_auth_methods = {"none", "client_secret_post", "client_secret_basic"};
  return out;
}

// How far a document's issuer may be from the one that was asked.
enum class IssuerRule {
  same,         // RFC 8414 section 3.3
  same_origin,  // before there were resource metadata: the origin is all that was known
};

bool fits(const std::string& found, const std::string& asked, IssuerRule rule) {
  if (found == asked) return true;
  if (rule == IssuerRule::same) return false;
  auto one = net::parse_url(found), other = net::parse_url(asked);
  return one && other && one->origin == other->origin;
}

Task<ServerMetadata> find_metadata(Fetcher* fetcher, std::string issuer, IssuerRule rule, std::stop_token stop) {
  net::Url guarded = co_await guarded_url(issuer, fetcher->reach());
  const std::vector<std::string> urls = server_metadata_urls(issuer);
  if (urls.empty()) co_return Error(Code::upstream_failed, "'" + quotable(issuer) + "' cannot be an issuer, as it has a query");
  for (const std::string& url : urls) {
    Fetched fetched = co_await fetcher->get(url, stop);
    if (nothing_there(fetched)) continue;
    if (fetched.status != 200) co_return odd_status(url, fetched.status);
    if (!is_json(fetched)) continue;
    Result<ServerMetadata> metadata = read_server_metadata(fetched.body);
    if (!metadata)
      co_return Error(Code::upstream_failed,
                      "the authorization server's metadata at '" + quotable(url) + "' cannot be used: " + metadata.error().message);
    if (!fits(metadata->issuer, issuer, rule))
      co_return Error(Code::upstream_failed, "the metadata at '" + quotable(url) + "' are those of '" + quotable(metadata->issuer) +
                                                 "', not of '" + quotable(issuer) + "', which was asked (RFC 8414 section 3.3)");
    if (!metadata->authorization_endpoint.empty()) {
      Result<net::Url> endpoint = guarded_url(metadata->authorization_endpoint, fetcher->reach());
      if (!endpoint) co_return std::move(endpoint).error().in("the authorization endpoint");
    }
    co_return *std::move(metadata);
  }
  co_return Error(Code::not_found,
                  "the authorization server '" + quotable(issuer) + "' has no metadata (RFC 8414, OpenID Connect Discovery)");
}

Task<Discovery> discover_old(Fetcher* fetcher, net::Url server, std::stop_token stop) {
  const std::string origin = origin_of(server);
  Discovery out;
  out.resource.resource = resource_of(server);
  out.resource.authorization_servers = {origin};
  Result<ServerMetadata> metadata = co_await find_metadata(fetcher, origin, IssuerRule::same_origin, stop).result();
  if (!metadata && metadata.error().code != Code::not_found) co_return std::move(metadata).error();
  out.server = metadata ? *std::move(metadata) : endpoints_of_old(origin);
  co_return std::move(out);
}

}  // namespace

Task<ServerMetadata> server_metadata(Fetcher* fetcher, std::string issuer, std::stop_token stop) {
  return find_metadata(fetcher, std::move(issuer), IssuerRule::same, std::move(stop));
}

Task<Discovery> discover(Fetcher* fetcher, DiscoveryRequest request, std::stop_token stop) {
  std::optional<ResourceMetadata> metadata = co_await resource_metadata(fetcher, &request, stop);
  if (!metadata) co_return co_await discover_old(fetcher, request.server, stop);
  const auto& listed = metadata->authorization_servers;
  if (listed.empty())
    co_return Error(Code::upstream_failed, "the resource metadata of '" + resource_of(request.server) + "' name no authorization server");
  std::string chosen = listed.front();
  for (const std::string& one : listed)
    if (std::find(request.known.begin(), request.known.end(), one) != request.known.end()) {
      chosen = one;
      break;
    }
  Discovery out;
  Result<ServerMetadata> server = co_await server_metadata(fetcher, chosen, stop).result();
  if (!server) {
    Error error = std::move(server).error();
    if (error.code == Code::not_found) error.code = Code::upstream_failed;
    co_return std::move(error);
  }
  out.server = *std::move(server);
  out.resource = *std::move(metadata);
  co_return std::move(out);
}

}  // namespace oauth
