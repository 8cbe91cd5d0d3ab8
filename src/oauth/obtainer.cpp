#include "oauth/obtainer.h"

#include <algorithm>
#include <chrono>

#include "oauth/authorization.h"
#include "oauth/registration.h"

namespace oauth {
namespace {

// How long before its end a token is renewed, in seconds; a quarter of a short life.
constexpr std::int64_t kMargin = 30;
constexpr std::string_view kJwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
constexpr std::string_view kTokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr std::string_view kAccessToken = "urn:ietf:params:oauth:token-type:access_token";

std::int64_t system_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

mcp::OAuth with_store(mcp::OAuth options) {
  if (!options.store) options.store = mcp::memory_token_store();
  return options;
}

void add_common(Form& form, const Wanted& wanted) {
  form.emplace_back("resource", wanted.at.resource.resource);
  if (!wanted.scopes.empty()) form.emplace_back("scope", scope_text(wanted.scopes));
}

// Refusals after which the refresh token is of no use any more. Others, such as slow_down, may pass.
bool is_final(std::string_view error) {
  for (std::string_view one :
       {"invalid_grant", "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_target"})
    if (error == one) return true;
  return false;
}

Error refused(const std::string& issuer, const TokenRefusal& refusal) {
  return {Code::unauthenticated, "the authorization server '" + quotable(issuer) + "' refused a token: " + refusal.text()};
}

}  // namespace

Obtainer::Obtainer(Loop& loop, mcp::OAuth options, std::function<std::int64_t()> now)
    : loop_(loop),
      options_(with_store(std::move(options))),
      now_(now ? std::move(now) : system_seconds),
      fetcher_(loop, options_.reach, options_.extra_ca) {}

Task<Tokens> Obtainer::obtain(Wanted wanted, std::stop_token stop) {
  if (wanted.binding == Wanted::Binding::dpop && !prover_) co_await use_key(base::Secret<std::string>());
  switch (options_.grant) {
    case mcp::OAuth::Grant::authorization_code: co_return co_await by_code(std::move(wanted), std::move(stop));
    case mcp::OAuth::Grant::client_credentials: co_return co_await by_credentials(std::move(wanted), std::move(stop));
    case mcp::OAuth::Grant::enterprise: co_return co_await by_enterprise(std::move(wanted), std::move(stop));
    case mcp::OAuth::Grant::workload: co_return co_await by_workload(std::move(wanted), std::move(stop));
    case mcp::OAuth::Grant::exchange: co_return co_await by_exchange(std::move(wanted), std::move(stop));
  }
  co_return Error(Code::internal, "a grant that is none");
}

Result<> Obtainer::use_key(const base::Secret<std::string>& pem) {
  auto key = pem.reveal().empty() ? SigningKey::make_es256() : SigningKey::from_pem(pem.reveal());
  if (!key) return std::move(key).error();
  prover_ = std::make_unique<DpopProver>(*std::move(key));
  return {};
}

// The entry of `clients` for the authorization server; one without an issuer is for the server that it is bound to, or for the first.
std::optional<Result<ClientIdentity>> Obtainer::configured(const std::string& issuer, const std::string& bound) const {
  for (const auto& client : options_.clients)
    if (client.issuer == issuer) return identity_of(client);
  for (const auto& client : options_.clients)
    if (client.issuer.empty() && (bound.empty() || bound == issuer)) return identity_of(client);
  return {};
}

Task<ClientIdentity> Obtainer::client_for(const Wanted* wanted, std::string redirect_uri, std::stop_token stop) {
  const ServerMetadata& server = wanted->at.server;
  if (auto found = configured(server.issuer, wanted->bound_issuer)) co_return co_await std::move(*found);
  if (!options_.client_metadata_url.empty() && server.client_id_documents) {
    ClientIdentity out;
    out.id = options_.client_metadata_url;
    out.method = AuthMethod::none;
    co_return std::move(out);
  }
  co_return co_await registered(wanted, std::move(redirect_uri), std::move(stop));
}

Task<ClientIdentity> Obtainer::registered(const Wanted* wanted, std::string redirect_uri, std::stop_token stop) {
  const ServerMetadata& server = wanted->at.server;
  mcp::TokenKey key;
  key.issuer = server.issuer;
  std::optional<std::string> record = co_await options_.store->get(key);
  if (record) {
    Result<RegisteredClient> kept = registered_of(*record);
    if (kept && kept->redirect_uri == redirect_uri) co_return std::move(kept->client);
  }
  if (server.registration_endpoint.empty())
    co_return Error(Code::unauthenticated, "the authorization server '" + quotable(server.issuer) +
                                               "' registers no clients by itself: register this one by hand and configure OAuth::clients");
  if (options_.on_deprecated && deprecated_.insert(server.issuer).second)
    options_.on_deprecated("Dynamic Client Registration, at " + quotable(server.issuer));
  RegistrationRequest request;
  request.client_name = options_.client_name;
  request.redirect_uri = redirect_uri;
  request.kind = options_.kind;
  std::string body = registration_body(request, server);
  FetchHeaders none;
  Fetched fetched =
      co_await fetcher_.post(server.registration_endpoint, "application/json", std::move(body), std::move(none), std::move(stop));
  RegisteredClient made;
  made.client = co_await read_registration(fetched.status, fetched.body);
  made.redirect_uri = std::move(redirect_uri);
  // Also by its identifier: tokens of a client outlive its place as the last one that was registered.
  mcp::TokenKey named = key;
  named.subject = made.client.id;
  co_await options_.store->put(std::move(named), record_of(made));
  co_await options_.store->put(std::move(key), record_of(made));
  co_return std::move(made.client);
}

Task<void> Obtainer::forget_registration(const ServerMetadata* server, const ClientIdentity* client) {
  mcp::TokenKey key;
  key.issuer = server->issuer;
  std::optional<std::string> record = co_await options_.store->get(key);
  Result<RegisteredClient> kept = registered_of(record ? *record : std::string());
  if (kept && kept->client.id == client->id) co_await options_.store->erase(key);
  key.subject = client->id;
  co_await options_.store->erase(std::move(key));
}

Task<TokenOutcome> Obtainer::ask(const ServerMetadata* server, const ClientIdentity* client, Form form, Wanted::Binding binding,
                                 std::stop_token stop) {
  if (server->token_endpoint.empty())
    co_return Error(Code::upstream_failed, "the authorization server '" + quotable(server->issuer) + "' has no token endpoint");
  net::Url url = co_await guarded_url(server->token_endpoint, fetcher_.reach());
  for (int attempt = 1;; ++attempt) {
    TokenRequest request;
    request.form = form;
    co_await prove_client(*client, *server, now_(), request);
    if (binding == Wanted::Binding::dpop) {
      std::string proof = co_await prover_->proof("POST", url, {}, now_());
      request.headers.emplace_back("DPoP", std::move(proof));
    }
    Fetched fetched = co_await fetcher_.post(server->token_endpoint, "application/x-www-form-urlencoded", form_encoded(request.form),
                                             std::move(request.headers), stop);
    if (binding == Wanted::Binding::dpop) prover_->heard(url.origin, fetched.dpop_nonce);
    TokenOutcome outcome = co_await read_token_outcome(fetched.status, fetched.body);
    const auto* refusal = std::get_if<TokenRefusal>(&outcome);
    const bool wants_nonce = refusal && refusal->error == "use_dpop_nonce" && !fetched.dpop_nonce.empty();
    if (!wants_nonce || binding == Wanted::Binding::none || attempt == 2) co_return std::move(outcome);
  }
}

Result<Tokens> Obtainer::kept(TokenOutcome outcome, const Wanted& wanted, const ClientIdentity& client) const {
  const std::string& issuer = wanted.at.server.issuer;
  if (const auto* refusal = std::get_if<TokenRefusal>(&outcome)) return refused(issuer, *refusal);
  TokenAnswer& answer = std::get<TokenAnswer>(outcome);
  const bool bound = wanted.binding == Wanted::Binding::dpop;
  if (answer.type == TokenAnswer::Type::not_for_access || (answer.type == TokenAnswer::Type::dpop) != bound)
    return Error(Code::upstream_failed,
                 "the authorization server '" + quotable(issuer) + "' gave a token that is " +
                     (bound ? "not bound to this client's key, though that was asked for (DPoP)" : "of another type than asked for"));
  Tokens out;
  out.issuer = issuer;
  out.resource = wanted.at.resource.resource;
  out.client_id = client.id;
  out.access = std::move(answer.access);
  out.refresh = std::move(answer.refresh);
  if (answer.expires_in) out.renew_at = now_() + *answer.expires_in - std::min(kMargin, *answer.expires_in / 4);
  out.asked = wanted.scopes;
  out.granted = answer.scopes ? *std::move(answer.scopes) : wanted.scopes;
  if (bound) {
    out.kind = Tokens::Kind::dpop;
    auto pem = prover_->key().pem();
    if (!pem) return std::move(pem).error();
    out.dpop_key = *std::move(pem);
  }
  return out;
}

Task<std::optional<Tokens>> Obtainer::refresh(Tokens tokens, ServerMetadata server, std::stop_token stop) {
  // Who asks must be who was given the token.
  std::optional<ClientIdentity> client;
  if (auto found = configured(server.issuer, tokens.issuer)) {
    client = co_await std::move(*found);
  } else if (tokens.client_id == options_.client_metadata_url) {
    client.emplace();
    client->id = tokens.client_id;
    client->method = AuthMethod::none;
  } else {
    mcp::TokenKey key;
    key.issuer = server.issuer;
    std::optional<std::string> record = co_await options_.store->get(key);
    Result<RegisteredClient> kept = registered_of(record ? *record : std::string());
    if (!kept || kept->client.id != tokens.client_id) {
      key.subject = tokens.client_id;
      record = co_await options_.store->get(std::move(key));
      kept = registered_of(record ? *record : std::string());
    }
    if (kept) client = std::move(kept->client);
  }
  if (!client || client->id != tokens.client_id) co_return std::optional<Tokens>();
  Wanted wanted;
  wanted.at.resource.resource = tokens.resource;
  wanted.at.server = server;
  wanted.scopes = tokens.asked;
  wanted.binding = tokens.kind == Tokens::Kind::dpop ? Wanted::Binding::dpop : Wanted::Binding::none;
  Form form;
  form.emplace_back("grant_type", "refresh_token");
  form.emplace_back("refresh_token", tokens.refresh.reveal());
  form.emplace_back("resource", tokens.resource);
  TokenOutcome outcome = co_await ask(&server, &*client, std::move(form), wanted.binding, std::move(stop));
  if (const auto* refusal = std::get_if<TokenRefusal>(&outcome)) {
    if (refusal->error == "invalid_client") co_await forget_registration(&server, &*client);
    if (is_final(refusal->error)) co_return std::optional<Tokens>();
    co_return refused(server.issuer, *refusal);
  }
  const bool says_scopes = std::get<TokenAnswer>(outcome).scopes.has_value();
  Tokens fresh = co_await kept(std::move(outcome), wanted, *client);
  if (!says_scopes) fresh.granted = tokens.granted;
  if (fresh.refresh.reveal().empty()) fresh.refresh = tokens.refresh;  // a server that does not rotate keeps the old one good
  co_return std::optional<Tokens>(std::move(fresh));
}

Task<Tokens> Obtainer::by_credentials(Wanted wanted, std::stop_token stop) {
  auto client = configured(wanted.at.server.issuer, wanted.bound_issuer);
  if (!client)
    co_return Error(Code::unauthenticated,
                    "no client for the authorization server '" + quotable(wanted.at.server.issuer) + "' is configured (OAuth::clients)");
  ClientIdentity identity = co_await std::move(*client);
  Form form;
  form.emplace_back("grant_type", "client_credentials");
  add_common(form, wanted);
  TokenOutcome outcome = co_await ask(&wanted.at.server, &identity, std::move(form), wanted.binding, std::move(stop));
  co_return kept(std::move(outcome), wanted, identity);
}

Task<Tokens> Obtainer::by_enterprise(Wanted wanted, std::stop_token stop) {
  ClientIdentity client = co_await client_for(&wanted, std::string(), stop);
  std::string assertion = co_await id_jag(&wanted, stop);
  Form form;
  form.emplace_back("grant_type", kJwtBearer);
  form.emplace_back("assertion", std::move(assertion));
  add_common(form, wanted);
  TokenOutcome outcome = co_await ask(&wanted.at.server, &client, std::move(form), wanted.binding, std::move(stop));
  co_return kept(std::move(outcome), wanted, client);
}

Task<Tokens> Obtainer::by_workload(Wanted wanted, std::stop_token stop) {
  if (!options_.workload_token) co_return Error(Code::unauthenticated, "OAuth::workload_token is not set");
  auto client = configured(wanted.at.server.issuer, wanted.bound_issuer);
  ClientIdentity identity;
  if (client) identity = co_await std::move(*client);
  std::string assertion = co_await options_.workload_token(wanted.at.server.issuer);
  std::string hash = code_challenge(assertion);
  if (hash == refused_assertion_)
    co_return Error(Code::unauthenticated, "the authorization server '" + quotable(wanted.at.server.issuer) +
                                               "' refused this workload's JWT before; it is not sent again");
  Form form;
  form.emplace_back("grant_type", kJwtBearer);
  form.emplace_back("assertion", std::move(assertion));
  add_common(form, wanted);
  TokenOutcome outcome = co_await ask(&wanted.at.server, &identity, std::move(form), wanted.binding, std::move(stop));
  if (std::holds_alternative<TokenRefusal>(outcome)) refused_assertion_ = std::move(hash);
  co_return kept(std::move(outcome), wanted, identity);
}

// A client without an issuer is not enough here: somebody else's token is shown to no server that was not named for that.
Task<Tokens> Obtainer::by_exchange(Wanted wanted, std::stop_token stop) {
  const std::string& issuer = wanted.at.server.issuer;
  if (!options_.subject_token) co_return Error(Code::unauthenticated, "OAuth::subject_token is not set");
  const mcp::OAuthClient* known = nullptr;
  for (const auto& client : options_.clients)
    if (client.issuer == issuer) known = &client;
  if (!known)
    co_return Error(Code::denied, "the server wants tokens of '" + quotable(issuer) +
                                      "', for which no client with this issuer is configured: no token is exchanged there");
  ClientIdentity client = co_await identity_of(*known);
  std::string subject = co_await options_.subject_token(issuer);
  Form form;
  form.emplace_back("grant_type", kTokenExchange);
  form.emplace_back("subject_token", std::move(subject));
  form.emplace_back("subject_token_type", kAccessToken);
  form.emplace_back("requested_token_type", kAccessToken);
  add_common(form, wanted);
  TokenOutcome outcome = co_await ask(&wanted.at.server, &client, std::move(form), wanted.binding, std::move(stop));
  co_return kept(std::move(outcome), wanted, client);
}

Task<void> Obtainer::close() {
  visits_.stop();
  co_await visits_.join();
}

}  // namespace oauth
