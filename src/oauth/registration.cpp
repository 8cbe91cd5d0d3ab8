#include "oauth/registration.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/json.h"
#include "oauth/authorization.h"

namespace oauth {
namespace {

namespace bj = boost::json;

std::string text_of(const bj::object& object, bj::string_view name) {
  const bj::value* value = object.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}

ClientIdentity client_of(const bj::object& object) {
  ClientIdentity out;
  out.id = text_of(object, "client_id");
  out.secret = base::Secret<std::string>(text_of(object, "client_secret"));
  out.method = find_method(text_of(object, "token_endpoint_auth_method"));
  // A server may say "none" and give a secret all the same, or the other way round: what cannot be done is not tried.
  if (out.secret.reveal().empty() && out.method && *out.method != AuthMethod::private_key_jwt) out.method = AuthMethod::none;
  return out;
}

}  // namespace

std::string registration_body(const RegistrationRequest& request, const ServerMetadata& server) {
  const auto& offered = server.token_auth_methods;
  auto offers = [&](AuthMethod method) { return std::find(offered.begin(), offered.end(), method_name(method)) != offered.end(); };
  AuthMethod method = AuthMethod::none;
  if (!offered.empty() && !offers(AuthMethod::none)) {
    if (offers(AuthMethod::client_secret_basic))
      method = AuthMethod::client_secret_basic;
    else if (offers(AuthMethod::client_secret_post))
      method = AuthMethod::client_secret_post;
  }
  bj::object body;
  body["client_name"] = request.client_name;
  body["application_type"] = request.kind == mcp::OAuth::Kind::native ? "native" : "web";
  bj::array redirects;
  if (!request.redirect_uri.empty()) redirects.emplace_back(request.redirect_uri);
  body["redirect_uris"] = std::move(redirects);
  body["grant_types"] = bj::array{"authorization_code", "refresh_token"};
  body["response_types"] = bj::array{"code"};
  const std::string_view name = method_name(method);
  body["token_endpoint_auth_method"] = bj::string_view(name.data(), name.size());
  return bj::serialize(body);
}

Result<ClientIdentity> read_registration(int status, std::string_view body) {
  auto json = base::parse_json(body);
  const auto* object = json ? json->if_object() : nullptr;
  if (status >= 500) return Error(Code::unavailable, "the registration endpoint answered with HTTP " + std::to_string(status));
  if (status < 200 || status >= 300) {
    std::string why = object ? quotable(text_of(*object, "error")) : "";
    if (std::string more = object ? quotable(text_of(*object, "error_description")) : ""; !more.empty()) why += ": " + more;
    return Error(Code::unauthenticated, "the registration of this client was refused with HTTP " + std::to_string(status) +
                                            (why.empty() ? "" : " (" + why + ")") + "; register it by hand and configure OAuth::clients");
  }
  if (!object) return Error(Code::upstream_failed, "the registration endpoint's answer is not a JSON object");
  ClientIdentity out = client_of(*object);
  if (out.id.empty()) return Error(Code::upstream_failed, "the registration endpoint's answer has no client_id");
  return out;
}

std::string record_of(const RegisteredClient& registered) {
  bj::object out;
  out["client_id"] = registered.client.id;
  out["client_secret"] = registered.client.secret.reveal();
  if (registered.client.method) {
    const std::string_view name = method_name(*registered.client.method);
    out["token_endpoint_auth_method"] = bj::string_view(name.data(), name.size());
  }
  out["redirect_uri"] = registered.redirect_uri;
  return bj::serialize(out);
}

Result<RegisteredClient> registered_of(std::string_view record) {
  auto json = base::parse_json(record);
  const auto* object = json ? json->if_object() : nullptr;
  RegisteredClient out;
  if (object) out = {client_of(*object), text_of(*object, "redirect_uri")};
  if (out.client.id.empty()) return Error(Code::invalid_argument, "a record in the token store is not a registered client");
  return out;
}

}  // namespace oauth
