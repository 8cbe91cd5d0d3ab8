#include "oauth/authorization.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "oauth/base64url.h"
#include "oauth/form.h"
#include "oauth/jwt_sign.h"
#include "oauth/sha256.h"

namespace oauth {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::string code_challenge(std::string_view verifier) { return base64url(sha256(verifier)); }

std::string quotable(std::string_view text) {
  std::string out(text.substr(0, 200));
  for (char& c : out)
    if (c < 0x20 || c > 0x7e) c = '?';
  return out;
}

Result<SignInStart> start_sign_in(const ServerMetadata& server, const SignInRequest& request) {
  if (server.authorization_endpoint.empty())
    return Error(Code::upstream_failed, "the authorization server '" + server.issuer + "' has no authorization endpoint");
  const auto& methods = server.code_challenge_methods;
  if (std::find(methods.begin(), methods.end(), "S256") == methods.end())
    return Error(Code::upstream_failed,
                 "the authorization server '" + server.issuer +
                     "' does not offer PKCE with S256 (code_challenge_methods_supported), without which no sign-in is safe");
  SignInStart out;
  out.pending.issuer = server.issuer;
  out.pending.iss = server.iss_in_answers ? PendingSignIn::Iss::must_come : PendingSignIn::Iss::may_come;
  out.pending.redirect_uri = request.redirect_uri;
  out.pending.state = random_token();
  out.pending.verifier = base::Secret<std::string>(random_token());
  Form form;
  form.emplace_back("response_type", "code");
  form.emplace_back("client_id", request.client_id);
  form.emplace_back("redirect_uri", request.redirect_uri);
  form.emplace_back("state", out.pending.state);
  form.emplace_back("code_challenge", code_challenge(out.pending.verifier.reveal()));
  form.emplace_back("code_challenge_method", "S256");
  form.emplace_back("resource", request.resource);
  if (!request.scope.empty()) form.emplace_back("scope", request.scope);
  out.url = with_query(server.authorization_endpoint, form);
  return out;
}

Result<base::Secret<std::string>> read_redirect(std::string_view redirected_to, const PendingSignIn& pending) {
  std::string_view url = redirected_to.substr(0, redirected_to.find('#'));
  const std::size_t question = url.find('?');
  if (question == url.npos) return Error(Code::invalid_argument, "the address that the sign-in ended at has no query");
  // What the redirect URI had of a query comes first, as it was.
  std::string_view expected = pending.redirect_uri;
  const std::string_view own_query = expected.find('?') == expected.npos ? "" : expected.substr(expected.find('?') + 1);
  expected = expected.substr(0, expected.find('?'));
  if (url.substr(0, question) != expected) return Error(Code::denied, "the sign-in ended at another place than the redirect URI");
  std::string_view query = url.substr(question + 1);
  if (!own_query.empty() && query.starts_with(own_query)) query.remove_prefix(own_query.size());
  auto form = read_form(query);
  if (!form) return std::move(form).error().in("the sign-in's answer");

  const std::string* state = find(*form, "state");
  if (!state || !same_secret(*state, pending.state)) return Error(Code::denied, "the sign-in's answer belongs to another sign-in (state)");
  const std::string* iss = find(*form, "iss");
  // Compared as it is: a server that spells itself in two ways cannot be told from another one.
  if (iss && *iss != pending.issuer) return Error(Code::denied, "the sign-in's answer comes from another authorization server (iss)");
  if (!iss && pending.iss == PendingSignIn::Iss::must_come)
    return Error(Code::denied, "the sign-in's answer does not say which authorization server it comes from (iss), though '" +
                                   pending.issuer + "' announces that it does");
  if (const std::string* error = find(*form, "error")) {
    const std::string* description = find(*form, "error_description");
    return Error(*error == "access_denied" ? Code::denied : Code::upstream_failed,
                 "the sign-in failed: " + quotable(*error) + (description ? ": " + quotable(*description) : ""));
  }
  const std::string* code = find(*form, "code");
  if (!code || code->empty()) return Error(Code::upstream_failed, "the sign-in's answer has no code");
  return base::Secret<std::string>(*code);
}

}  // namespace oauth
