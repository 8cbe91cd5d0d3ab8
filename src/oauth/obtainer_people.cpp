// The grants that begin with a person: in the browser, or at the company's identity provider.
#include "oauth/authorization.h"
#include "oauth/obtainer.h"
#include "oauth/registration.h"

namespace oauth {
namespace {

constexpr std::string_view kTokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr std::string_view kIdJag = "urn:ietf:params:oauth:token-type:id-jag";
constexpr std::string_view kIdToken = "urn:ietf:params:oauth:token-type:id_token";

// A redirect goes to this machine, or to a web site by https (MCP Authorization, "Communication Security").
Result<> check_redirect_uri(const std::string& uri) {
  auto url = net::parse_url(uri);
  if (!url) return std::move(url).error().in("OAuth::sign_in.redirect_uri");
  if (!url->tls && !names_this_machine(url->host))
    return Error(Code::invalid_argument, "OAuth::sign_in.redirect_uri must be https, or on this machine");
  return {};
}

}  // namespace

Task<Tokens> Obtainer::by_code(Wanted wanted, std::stop_token stop) {
  const std::string issuer = wanted.at.server.issuer;
  if (!options_.sign_in.visit)
    co_return Error(Code::unauthenticated,
                    "the server wants somebody to sign in at '" + quotable(issuer) + "', and there is no way to do so (OAuth::sign_in)");
  SignInRequest request;
  request.redirect_uri = options_.sign_in.redirect_uri;
  if (options_.sign_in.listen) request.redirect_uri = co_await options_.sign_in.listen();
  co_await check_redirect_uri(request.redirect_uri);
  // Before anything is registered at a server that is not good enough.
  request.scope = scope_text(wanted.scopes);
  request.resource = wanted.at.resource.resource;
  co_await start_sign_in(wanted.at.server, request);
  ClientIdentity client = co_await client_for(&wanted, request.redirect_uri, stop);
  request.client_id = client.id;
  SignInStart start = co_await start_sign_in(wanted.at.server, request);
  Result<std::string> visited = co_await visit(start.url, stop).result();
  // A server that has forgotten the client says so to the person, and never sends them back.
  if (!visited && visited.error().code == Code::timeout) co_await forget_registration(&wanted.at.server, &client);
  std::string came_back = co_await std::move(visited);
  base::Secret<std::string> code = co_await read_redirect(came_back, start.pending);
  Form form;
  form.emplace_back("grant_type", "authorization_code");
  form.emplace_back("code", code.reveal());
  form.emplace_back("redirect_uri", request.redirect_uri);
  form.emplace_back("code_verifier", start.pending.verifier.reveal());
  form.emplace_back("resource", request.resource);
  TokenOutcome outcome = co_await ask(&wanted.at.server, &client, std::move(form), wanted.binding, stop);
  const auto* refusal = std::get_if<TokenRefusal>(&outcome);
  if (refusal && refusal->error == "invalid_client") co_await forget_registration(&wanted.at.server, &client);
  co_return kept(std::move(outcome), wanted, client);
}

// The visit has an owner of its own, so that a person who never comes back costs the time that they were given and no more.
Task<std::string> Obtainer::visit(std::string url, std::stop_token stop) {
  struct Shared {
    base::OneShot<std::string> done;
    std::stop_source stop;
  };
  auto shared = std::make_shared<Shared>();
  auto whole = [](Obtainer* self, std::string address, std::shared_ptr<Shared> out) -> Task<void> {
    Result<std::string> result = co_await self->options_.sign_in.visit(std::move(address), out->stop.get_token()).result();
    out->done.set(std::move(result));
  };
  visits_.spawn(whole(this, std::move(url), shared));
  const base::Instant until = base::Timers::now() + std::chrono::duration_cast<Millis>(options_.sign_in_time);
  Result<std::string> result = co_await base::wait_for(shared->done, loop_.timers(), std::move(stop), until).result();
  shared->stop.request_stop();
  if (!result && result.error().code == Code::timeout) co_return Error(Code::timeout, "nobody signed in in time (OAuth::sign_in_time)");
  co_return std::move(result);
}

// Enterprise-Managed Authorization, section 4: the ID token for an assertion that the resource's authorization server takes.
Task<std::string> Obtainer::id_jag(const Wanted* wanted, std::stop_token stop) {
  const auto& enterprise = options_.enterprise;
  if (!enterprise.id_token) co_return Error(Code::unauthenticated, "OAuth::enterprise.id_token is not set");
  ServerMetadata provider;
  provider.issuer = enterprise.issuer;
  provider.token_endpoint = enterprise.token_endpoint;
  if (enterprise.token_endpoint.empty()) provider = co_await server_metadata(&fetcher_, enterprise.issuer, stop);
  ClientIdentity client = co_await identity_of(enterprise.client);
  std::string id_token = co_await enterprise.id_token();
  Form form;
  form.emplace_back("grant_type", kTokenExchange);
  form.emplace_back("requested_token_type", kIdJag);
  form.emplace_back("audience", wanted->at.server.issuer);
  form.emplace_back("resource", wanted->at.resource.resource);
  if (!wanted->scopes.empty()) form.emplace_back("scope", scope_text(wanted->scopes));
  form.emplace_back("subject_token", std::move(id_token));
  form.emplace_back("subject_token_type", kIdToken);
  TokenOutcome outcome = co_await ask(&provider, &client, std::move(form), Wanted::Binding::none, std::move(stop));
  if (const auto* refusal = std::get_if<TokenRefusal>(&outcome))
    co_return Error(Code::denied,
                    "the identity provider refused access to '" + quotable(wanted->at.resource.resource) + "': " + refusal->text());
  const TokenAnswer& answer = std::get<TokenAnswer>(outcome);
  if (answer.issued_type != kIdJag)
    co_return Error(Code::upstream_failed, "the identity provider gave another token than the assertion that was asked for (ID-JAG)");
  co_return std::string(answer.access.reveal());
}

}  // namespace oauth
