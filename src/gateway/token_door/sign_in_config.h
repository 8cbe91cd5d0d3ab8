// How callers sign in with tokens, as values: whose tokens, and what they need.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/rules.h"
#include "oauth/introspection.h"
#include "oauth/issuer_rules.h"
#include "oauth/provider.h"

namespace gateway {

// A scope that only some tools need.
struct ToolScope {
  std::string scope;
  std::vector<authz::Pattern> tools;
  bool operator==(const ToolScope&) const = default;
};

struct SignInIssuer {
  oauth::IssuerRules rules;
  oauth::Provider provider = oauth::Provider::oidc;
  std::vector<ToolScope> tool_scopes;
  std::optional<oauth::IntrospectionOptions> introspection;  // how tokens are looked at that are no JWT
  std::string place;                                         // in the config
  bool operator==(const SignInIssuer&) const = default;
};

struct SignInConfig {
  std::string origin;  // how clients reach the gateway, without a path
  std::vector<SignInIssuer> issuers;
  oauth::DpopRule dpop = oauth::DpopRule::allowed;
  bool operator==(const SignInConfig&) const = default;
};

}  // namespace gateway
