#include "oauth/token_request.h"

#include <openssl/evp.h>

#include <algorithm>
#include <boost/json/value.hpp>

#include "base/json.h"
#include "oauth/authorization.h"

namespace oauth {
namespace {

namespace bj = boost::json;

constexpr std::int64_t kAssertionSeconds = 60;
constexpr std::int64_t kLongestLife = 365LL * 24 * 3600;

struct Name {
  AuthMethod method;
  std::string_view name;
};
constexpr Name kNames[] = {{AuthMethod::none, "none"},
                           {AuthMethod::client_secret_basic, "client_secret_basic"},
                           {AuthMethod::client_secret_post, "client_secret_post"},
                           {AuthMethod::private_key_jwt, "private_key_jwt"}};

bool offers(const std::vector<std::string>& list, std::string_view name) { return std::find(list.begin(), list.end(), name) != list.end(); }

std::string base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string text_of(const bj::object& object, bj::string_view name) {
  const bj::value* value = object.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return text;
}

// The life in seconds. Some servers write the number as a text; what makes no sense is taken for "not said".
std::optional<std::int64_t> life_of(const bj::object& object) {
  const bj::value* value = object.if_contains("expires_in");
  if (!value) return {};
  double seconds = -1;
  if (value->is_number()) seconds = value->to_number<double>();
  if (const auto* string = value->if_string())
    if (!string->empty() && string->size() < 12 && string->find_first_not_of("0123456789") == bj::string::npos)
      seconds = static_cast<double>(std::stoll(std::string(string->data(), string->size())));
  if (!(seconds >= 0)) return {};
  return static_cast<std::int64_t>(std::min(seconds, static_cast<double>(kLongestLife)));
}

mcp::Result<TokenOutcome> answer_of(const bj::object& object) {
  auto wrong = [](std::string_view why) { return Error(Code::upstream_failed, "the token endpoint's answer " + std::string(why)); };
  TokenAnswer out;
  out.access = base::Secret<std::string>(text_of(object, "access_token"));
  if (out.access.reveal().empty()) return wrong("has no access token");
  // It becomes a header: what cannot stand in one is no token (RFC 6750 section 2.1).
  for (char c : out.access.reveal())
    if (c < 0x21 || c > 0x7e) return wrong("has an access token with characters that no token has");
  const std::string type = lower(text_of(object, "token_type"));
  if (type == "bearer")
    out.type = TokenAnswer::Type::bearer;
  else if (type == "dpop")
    out.type = TokenAnswer::Type::dpop;
  else if (type == "n_a")
    out.type = TokenAnswer::Type::not_for_access;
  else
    return wrong("has a token of the unknown type '" + quotable(type) + "'");
  out.refresh = base::Secret<std::string>(text_of(object, "refresh_token"));
  out.issued_type = text_of(object, "issued_token_type");
  out.expires_in = life_of(object);
  if (object.contains("scope")) out.scopes = read_scopes(text_of(object, "scope"));
  return TokenOutcome(std::move(out));
}

}  // namespace

std::string_view method_name(AuthMethod method) {
  for (const auto& one : kNames)
    if (one.method == method) return one.name;
  return "";
}

std::optional<AuthMethod> find_method(std::string_view name) {
  for (const auto& one : kNames)
    if (one.name == name) return one.method;
  return {};
}

Result<ClientIdentity> identity_of(const mcp::OAuthClient& client) {
  ClientIdentity out;
  out.id = client.id;
  out.secret = base::Secret<std::string>(client.secret);
  out.key_id = client.key_id;
  if (!client.private_key_pem.empty()) {
    auto key = SigningKey::from_pem(client.private_key_pem);
    if (!key) return std::move(key).error().in("the client '" + client.id + "'");
    out.key = *std::move(key);
  }
  out.method = find_method(client.auth_method);
  if (!out.method && !client.auth_method.empty())
    return Error(Code::invalid_argument, "the client '" + client.id + "': '" + client.auth_method +
                                             "' is not none, client_secret_basic, client_secret_post or private_key_jwt");
  return out;
}

Result<AuthMethod> choose_method(const ClientIdentity& client, const ServerMetadata& server) {
  if (client.method) return *client.method;
  const auto& offered = server.token_auth_methods;
  const bool secret = !client.secret.reveal().empty();
  if (client.key && (offered.empty() || offers(offered, "private_key_jwt"))) return AuthMethod::private_key_jwt;
  if (secret && (offered.empty() || offers(offered, "client_secret_basic"))) return AuthMethod::client_secret_basic;
  if (secret && offers(offered, "client_secret_post")) return AuthMethod::client_secret_post;
  if (offers(offered, "none") || (!secret && !client.key)) return AuthMethod::none;
  return Error(Code::unauthenticated, "the authorization server '" + server.issuer +
                                          "' offers no way to authenticate that this client has (" +
                                          std::string(client.key ? "private_key_jwt" : "client_secret_basic, client_secret_post") + ")");
}

Result<> prove_client(const ClientIdentity& client, const ServerMetadata& server, std::int64_t now, TokenRequest& request) {
  auto method = choose_method(client, server);
  if (!method) return std::move(method).error();
  switch (*method) {
    case AuthMethod::none: request.form.emplace_back("client_id", client.id); break;
    case AuthMethod::client_secret_basic:
      request.headers.emplace_back("Authorization",
                                   "Basic " + base64(percent_encoded(client.id) + ":" + percent_encoded(client.secret.reveal())));
      break;
    case AuthMethod::client_secret_post:
      request.form.emplace_back("client_id", client.id);
      request.form.emplace_back("client_secret", client.secret.reveal());
      break;
    case AuthMethod::private_key_jwt: {
      if (!client.key)
        return Error(Code::unauthenticated, "the client '" + client.id + "' is registered with a key, which is not configured");
      std::optional<Alg> alg;
      for (Alg one : client.key->algs())
        if (!alg && (server.token_auth_algs.empty() || offers(server.token_auth_algs, alg_name(one)))) alg = one;
      if (!alg)
        return Error(Code::unauthenticated,
                     "the authorization server '" + server.issuer + "' does not take the algorithm of the client's key");
      bj::object header, claims;
      header["typ"] = "JWT";
      if (!client.key_id.empty()) header["kid"] = client.key_id;
      claims["iss"] = client.id;
      claims["sub"] = client.id;
      claims["aud"] = server.issuer;
      claims["jti"] = random_token();
      claims["iat"] = now;
      claims["exp"] = now + kAssertionSeconds;
      auto jwt = client.key->sign(std::move(header), claims, *alg);
      if (!jwt) return std::move(jwt).error();
      request.form.emplace_back("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
      request.form.emplace_back("client_assertion", *std::move(jwt));
      break;
    }
  }
  return {};
}

Result<TokenOutcome> read_token_outcome(int status, std::string_view body) {
  auto json = base::parse_json(body);
  const auto* object = json ? json->if_object() : nullptr;
  if (status >= 200 && status < 300) {
    if (!object) return Error(Code::upstream_failed, "the token endpoint's answer is not a JSON object");
    return answer_of(*object);
  }
  TokenRefusal refusal;
  if (object) {
    refusal.error = quotable(text_of(*object, "error"));
    refusal.description = quotable(text_of(*object, "error_description"));
  }
  if (!refusal.error.empty() && status < 500) return TokenOutcome(std::move(refusal));
  return Error(status >= 500 || status == 429 ? Code::unavailable : Code::upstream_failed,
               "the token endpoint answered with HTTP " + std::to_string(status));
}

}  // namespace oauth
