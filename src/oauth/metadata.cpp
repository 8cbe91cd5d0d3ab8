#include "oauth/metadata.h"

#include <boost/json/value.hpp>

#include "base/json.h"

namespace oauth {
namespace {

namespace bj = boost::json;
using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::size_t kMostEntries = 100;
constexpr std::string_view kResourceWellKnown = "/.well-known/oauth-protected-resource";
constexpr std::string_view kOauthWellKnown = "/.well-known/oauth-authorization-server";
constexpr std::string_view kOpenidWellKnown = "/.well-known/openid-configuration";

// Reads members of one object; the first that is of a wrong type is the error.
class Members {
 public:
  explicit Members(const bj::object& object) : object_(object) {}

  void text(std::string_view name, std::string& out) {
    if (const bj::value* value = find(name)) {
      if (const auto* string = value->if_string())
        out.assign(string->data(), string->size());
      else
        wrong(name, "text");
    }
  }
  void flag(std::string_view name, bool& out) {
    if (const bj::value* value = find(name)) {
      if (const auto* b = value->if_bool())
        out = *b;
      else
        wrong(name, "true or false");
    }
  }
  void list(std::string_view name, std::vector<std::string>& out) {
    const bj::value* value = find(name);
    if (!value) return;
    const auto* array = value->if_array();
    if (!array) return wrong(name, "a list");
    for (const auto& entry : *array) {
      const auto* string = entry.if_string();
      if (!string) return wrong(name, "a list of texts");
      if (out.size() < kMostEntries) out.emplace_back(string->data(), string->size());
    }
  }
  const std::string& error() const { return error_; }

 private:
  const bj::value* find(std::string_view name) const {
    const bj::value* value = object_.if_contains(bj::string_view(name.data(), name.size()));
    return value && !value->is_null() ? value : nullptr;
  }
  void wrong(std::string_view name, std::string_view what) {
    if (error_.empty()) error_ = "its '" + std::string(name) + "' is not " + std::string(what);
  }

  const bj::object& object_;
  std::string error_;
};

Result<bj::object> object_of(std::string_view json) {
  auto value = base::parse_json(json);
  if (!value) return std::move(value).error();
  if (!value->is_object()) return Error(Code::invalid_argument, "it is not a JSON object");
  return std::move(value->as_object());
}

std::string scheme_and_authority(const net::Url& url) { return (url.tls ? "https://" : "http://") + url.authority; }

std::string_view path_of(const net::Url& url) {
  std::string_view path = url.target;
  path = path.substr(0, path.find('?'));
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

}  // namespace

Result<ResourceMetadata> read_resource_metadata(std::string_view json) {
  auto object = object_of(json);
  if (!object) return std::move(object).error();
  ResourceMetadata out;
  Members members(*object);
  members.text("resource", out.resource);
  members.list("authorization_servers", out.authorization_servers);
  std::vector<std::string> scopes;
  members.list("scopes_supported", scopes);
  for (const auto& one : scopes) unite(out.scopes, read_scopes(one));
  members.flag("dpop_bound_access_tokens_required", out.dpop_required);
  members.list("dpop_signing_alg_values_supported", out.dpop_algs);
  if (!members.error().empty()) return Error(Code::invalid_argument, members.error());
  if (out.resource.empty()) return Error(Code::invalid_argument, "it has no 'resource'");
  return out;
}

Result<ServerMetadata> read_server_metadata(std::string_view json) {
  auto object = object_of(json);
  if (!object) return std::move(object).error();
  ServerMetadata out;
  Members members(*object);
  members.text("issuer", out.issuer);
  members.text("authorization_endpoint", out.authorization_endpoint);
  members.text("token_endpoint", out.token_endpoint);
  members.text("registration_endpoint", out.registration_endpoint);
  std::vector<std::string> scopes;
  members.list("scopes_supported", scopes);
  for (const auto& one : scopes) unite(out.scopes, read_scopes(one));
  members.list("code_challenge_methods_supported", out.code_challenge_methods);
  members.list("token_endpoint_auth_methods_supported", out.token_auth_methods);
  members.list("token_endpoint_auth_signing_alg_values_supported", out.token_auth_algs);
  members.list("dpop_signing_alg_values_supported", out.dpop_algs);
  members.flag("authorization_response_iss_parameter_supported", out.iss_in_answers);
  members.flag("client_id_metadata_document_supported", out.client_id_documents);
  if (!members.error().empty()) return Error(Code::invalid_argument, members.error());
  if (out.issuer.empty()) return Error(Code::invalid_argument, "it has no 'issuer'");
  return out;
}

std::string resource_of(const net::Url& url) {
  std::string out = scheme_and_authority(url);
  if (url.target != "/") out += url.target;
  return out;
}

std::vector<std::string> resource_metadata_urls(const net::Url& server, std::string_view named) {
  std::vector<std::string> out;
  if (!named.empty()) out.emplace_back(named);
  const std::string root = scheme_and_authority(server) + std::string(kResourceWellKnown);
  if (auto path = path_of(server); !path.empty()) out.push_back(root + std::string(path));
  out.push_back(root);
  return out;
}

std::vector<std::string> server_metadata_urls(std::string_view issuer) {
  auto url = net::parse_url(issuer);
  if (!url || url->target.find('?') != std::string::npos || issuer.find('#') != issuer.npos) return {};
  const std::string root = scheme_and_authority(*url);
  const std::string path(path_of(*url));
  auto at = [&root](std::string_view before, std::string_view behind) { return std::string(root).append(before).append(behind); };
  if (path.empty()) return {at(kOauthWellKnown, ""), at(kOpenidWellKnown, "")};
  return {at(kOauthWellKnown, path), at(kOpenidWellKnown, path), at(path, kOpenidWellKnown)};
}

bool resource_covers(std::string_view resource, const net::Url& url) {
  auto covered = net::parse_url(resource);
  if (!covered || resource.find('#') != resource.npos || covered->origin != url.origin) return false;
  if (covered->target.find('?') != std::string::npos) return covered->target == url.target;
  std::string_view above = path_of(*covered), path = path_of(url);
  return path.starts_with(above) && (path.size() == above.size() || path[above.size()] == '/');
}

}  // namespace oauth
