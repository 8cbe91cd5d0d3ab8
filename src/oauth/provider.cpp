#include "oauth/provider.h"

#include <algorithm>

namespace oauth {
namespace {

using Has = ProviderTraits::Has;

constexpr ProviderTraits kProviders[] = {
    {Provider::oidc, "oidc", "OpenID Connect", TypRule::at_jwt, ScopeForm::plain, "groups", "", Has::unsure, Has::unsure, Has::unsure,
     Has::unsure, "let access tokens for this resource carry it in aud (resource indicators, RFC 8707, or an audience of the client)",
     "register the clients there, or let them register themselves (RFC 7591)", "put the groups into the access token as `groups`"},
    {Provider::keycloak, "keycloak", "Keycloak", TypRule::any, ScopeForm::plain, "realm_access.roles", "preferred_username", Has::no,
     Has::unsure, Has::unsure, Has::yes,
     "add a client scope with a mapper of the type Audience, \"Included Custom Audience\", and make it a default scope of the realm",
     "Clients > Client registration > Anonymous access policies: adjust Trusted Hosts, or create the client and give its Client ID to "
     "people",
     "realm roles are in realm_access.roles; for groups add a mapper of the type Group Membership and say groups_claim: groups"},
    {Provider::entra, "entra", "Microsoft Entra ID", TypRule::any, ScopeForm::last_part, "groups", "oid", Has::no, Has::no, Has::no,
     Has::no,
     "Expose an API: set the Application ID URI, and requestedAccessTokenVersion: 2 in the manifest; audience is the application (client) "
     "ID",
     "App registrations: register one for the clients; Entra has no dynamic registration, so each client needs its client id in its own "
     "settings",
     "Token configuration > Add groups claim; beyond 200 groups use app roles and groups_claim: roles"},
    {Provider::okta, "okta", "Okta", TypRule::any, ScopeForm::plain, "groups", "", Has::no, Has::no, Has::no, Has::yes,
     "Security > API > Authorization Servers: a custom server whose Audience is the gateway's URL; the org server's tokens are not for "
     "others",
     "Applications > Create App Integration: registration there wants an API token, so each client needs its client id in its own settings",
     "add a claim `groups` of the type Groups to the access token of the authorization server"},
    {Provider::auth0, "auth0", "Auth0", TypRule::any, ScopeForm::plain, "permissions", "", Has::no, Has::unsure, Has::no, Has::no,
     "Applications > APIs: an API whose Identifier is the audience; a token asked for without audience is opaque, so set the tenant's "
     "Default "
     "Audience",
     "Settings > Advanced: OIDC Dynamic Application Registration, and promote the connection to domain level",
     "an Action adds groups as a namespaced claim; say groups_claim: https://example.com/groups"},
};

}  // namespace

const ProviderTraits& traits_of(Provider provider) {
  return *std::find_if(std::begin(kProviders), std::end(kProviders), [&](const ProviderTraits& one) { return one.provider == provider; });
}

std::optional<Provider> find_provider(std::string_view name) {
  for (const ProviderTraits& one : kProviders)
    if (one.name == name) return one.provider;
  return std::nullopt;
}

std::span<const ProviderTraits> all_providers() { return kProviders; }

void settle(IssuerRules& rules, Provider provider) {
  const ProviderTraits& traits = traits_of(provider);
  rules.typ = traits.typ;
  rules.scope_form = traits.scope_form;
  if (rules.groups_claim.empty()) rules.groups_claim = traits.groups_claim;
  if (rules.user_claim.empty()) rules.user_claim = traits.user_claim;
}

std::string_view odd_issuer(Provider provider, std::string_view issuer) {
  const auto has = [issuer](std::string_view part) { return issuer.find(part) != std::string_view::npos; };
  switch (provider) {
    case Provider::keycloak:
      if (!has("/realms/")) return "an issuer of Keycloak ends in /realms/<realm>";
      return {};
    case Provider::entra:
      if (has("/common") || has("/organizations") || has("/consumers"))
        return "tokens name their tenant: write the tenant's ID in place of common, organizations or consumers";
      if (has("sts.windows.net"))
        return "this is the issuer of Entra's v1 tokens; with requestedAccessTokenVersion: 2 it is "
               "https://login.microsoftonline.com/<tenant>/v2.0";
      if (has("login.microsoftonline.com") && !issuer.ends_with("/v2.0")) return "the issuer of Entra's v2 tokens ends in /v2.0";
      return {};
    case Provider::okta:
      if (has(".okta") && !has("/oauth2/"))
        return "tokens of Okta's org authorization server are for Okta alone; use a custom one: https://<org>.okta.com/oauth2/default";
      return {};
    case Provider::auth0:
      if (!issuer.ends_with("/")) return "the issuer of Auth0 ends in a slash";
      return {};
    case Provider::oidc: return {};
  }
  return {};
}

}  // namespace oauth
