// What the tokens of one issuer have to be, and how its claims say who somebody is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oauth/jwk.h"
#include "oauth/jwt.h"

namespace oauth {

enum class DpopRule {
  off,       // tokens that are bound to a key are refused: their proof would not be looked at
  allowed,   // bound tokens need their proof, others do not
  required,  // only bound tokens
};

// How an issuer writes in a token what a client has to ask for.
enum class ScopeForm {
  plain,      // the same
  last_part,  // `api://app/read` is asked for, and `read` stands in the token; `api://app/.default` asks for whatever there is
};

struct IssuerRules {
  std::string issuer;                  // exactly as it calls itself
  std::vector<std::string> audiences;  // our names with it; the URL that is asked is one more
  AudienceRule audience_rule = AudienceRule::contains;
  TypRule typ = TypRule::at_jwt;
  std::vector<Alg> algs;            // with which it signs; empty: any that is accepted
  std::vector<std::string> scopes;  // what every request needs, as clients ask for it
  ScopeForm scope_form = ScopeForm::plain;
  std::string groups_claim;  // where groups stand: `groups`, or a path such as `realm_access.roles`; empty: nowhere
  std::string user_claim;    // what names a person to rules; empty, or a token without it: `sub`

  bool operator==(const IssuerRules&) const = default;
};

// Whether the scopes of a token are or include `wanted`, as clients ask for it.
bool has_scope(const std::vector<std::string>& scopes, std::string_view wanted, ScopeForm form);

// The texts at `path` in the JSON object `payload`: names of members with dots between them; a name that holds dots itself is taken where
// the whole rest is a member. A text counts as a list of one. At most 200, each at most 256 bytes and without control characters; the rest
// is left out.
std::vector<std::string> texts_at(std::string_view payload, std::string_view path);

// The client's identifier where an issuer says it by another name than client_id and azp: `appid` of Entra's first tokens, `cid` of Okta.
std::string client_of(std::string_view payload);

}  // namespace oauth
