// Identity providers as they are: what each puts into its tokens, what it lacks, and what that is called there.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "oauth/issuer_rules.h"

namespace oauth {

enum class Provider { oidc, keycloak, entra, okta, auth0 };

// What is known of a provider beforehand. Its metadata say the rest.
struct ProviderTraits {
  Provider provider;
  std::string_view name;   // in the config
  std::string_view title;  // as it calls itself
  TypRule typ;
  ScopeForm scope_form;
  std::string_view groups_claim, user_claim;
  enum class Has { yes, no, unsure };
  Has resources;     // resource indicators (RFC 8707)
  Has registration;  // dynamic registration that an MCP client can use (RFC 7591)
  Has documents;     // client identifier metadata documents
  Has metadata;      // RFC 8414, beside OpenID discovery
  // What a person does there: so that tokens are for the gateway; so that clients are known; so that groups are in tokens.
  std::string_view audience_remedy, client_remedy, groups_remedy;
};

const ProviderTraits& traits_of(Provider provider);
std::optional<Provider> find_provider(std::string_view name);
std::span<const ProviderTraits> all_providers();

// Fills what `rules` leaves open by what is known of the provider.
void settle(IssuerRules& rules, Provider provider);

// What is wrong with the issuer's URL for this provider, in words for who wrote it; empty: nothing.
std::string_view odd_issuer(Provider provider, std::string_view issuer);

}  // namespace oauth
