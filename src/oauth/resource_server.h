// An OAuth 2.1 resource server: from an HTTP request's credentials to who is calling, or to the challenge that says what is missing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/loop.h"
#include "oauth/bounded_table.h"
#include "oauth/challenge_write.h"
#include "oauth/clocks.h"
#include "oauth/dpop_verify.h"
#include "oauth/failure_budget.h"
#include "oauth/introspection.h"
#include "oauth/issuer_rules.h"
#include "oauth/jwks.h"
#include "oauth/jwt.h"
#include "oauth/principal.h"

namespace oauth {

struct ResourceServerOptions {
  std::string resource;                // our URL; the audience of our tokens, the htu of proofs, the `resource` of the metadata
  std::vector<std::string> issuers;    // exactly as they call themselves
  std::vector<std::string> audiences;  // other names of ours
  AudienceRule audience_rule = AudienceRule::contains;
  TypRule typ = TypRule::at_jwt;
  std::vector<std::string> scopes;                                         // what every request needs
  std::vector<std::string> scopes_supported;                               // for the metadata; those above are added
  std::vector<std::pair<std::string, std::vector<std::string>>> includes;  // scopes that contain others
  std::string name;                                                        // for people, in the metadata
  // One for each issuer, in the order of the metadata, where they differ; then `issuers`, `audiences`, `typ` and `scopes` are not looked
  // at.
  std::vector<IssuerRules> rules;
  // Makes Principal::who; null: nobody does. `payload` is a JSON object.
  std::function<std::shared_ptr<const base::Principal>(const IssuerRules& rules, const Claims& claims, std::string_view payload,
                                                       const Sha256& token)>
      describe;
  Introspector* introspector = nullptr;  // whom tokens are shown that are no JWT; null: those are refused. It outlives the server
  DpopRule dpop = DpopRule::off;
  DpopOptions proofs;
  std::chrono::seconds leeway{30};
  std::chrono::seconds believed{300};  // a token that was verified is not verified again for so long, unless its issuer's keys change
  std::size_t most_tokens = 10'000;    // remembered as good, and
  std::size_t most_refused = 4'096;    // as bad
  FailureBudgetOptions failures;
};

// Everything about a request that is looked at. The views must live until the Task has ended.
struct Credentials {
  std::string_view method;
  std::string_view query;                       // without '?'
  std::vector<std::string_view> authorization;  // each Authorization line
  std::vector<std::string_view> proofs;         // each DPoP line
  std::string_view peer;                        // whose failures are counted together: an address
  std::string_view resource;                    // which of our URLs was asked, as configured; empty: `resource` of the options
};

using Verdict = std::variant<std::shared_ptr<const Principal>, Refusal>;

// Owns: what it remembers of tokens and proofs. Uses `keys`, which must outlive it.
// Threads: one loop.
class ResourceServer {
 public:
  ResourceServer(KeyRing& keys, ResourceServerOptions options, Clocks clocks = {});
  ~ResourceServer();

  // Who brings these credentials: a token of a known issuer, for us, with a good signature, not over, and with its proof where it is bound.
  // Scopes are not looked at: see allow(). A token verified lately costs one hash.
  Task<Verdict> authenticate(Credentials credentials);

  // Nothing when `who` has all scopes that every request needs and those of `more`; else the 403 that names all of them.
  std::optional<Refusal> allow(const Principal& who, const std::vector<std::string>& more, std::string_view resource = {}) const;

  // The metadata of RFC 9728, and the URL at which clients look for it: the well-known path before the path of the resource.
  const std::string& metadata() const { return metadata_; }
  const std::string& metadata_url() const { return metadata_url_; }
  // The metadata of another of our URLs. `servers` are those where tokens are to be had.
  std::string metadata_of(std::string_view resource, const std::vector<std::string>& servers) const;
  const ResourceServerOptions& options() const { return options_; }
  // Tokens that were verified since the beginning, and refusals; for numbers.
  std::uint64_t verified() const { return verified_; }
  std::uint64_t refused() const { return refused_; }

 private:
  struct Token;
  struct Known;

  Task<Verdict> verify(Token* token);
  Task<Verdict> ask_issuer(Token* token, std::string peer);
  mcp::Result<Known> check_cheaply(const Token& token, std::string_view payload, std::string_view typ, std::optional<Alg> alg) const;
  bool current(const Known& known, WallTime now) const;
  const IssuerRules* rules_of(std::string_view issuer) const;
  Verdict accept(Token& token, const Known& known);
  std::optional<Refusal> check_binding(const Token& token, const Known& known);
  Refusal refuse(const Credentials& from, int status, std::string_view error, std::string_view description, std::string why) const;
  void add_headers(Refusal& refusal, std::string_view error, std::string_view description, std::string_view scope,
                   std::string_view resource) const;
  std::vector<std::string> granted(const std::vector<std::string>& scopes) const;

  KeyRing& keys_;
  ResourceServerOptions options_;
  Clocks clocks_;
  std::string metadata_, metadata_url_;
  DpopVerifier proofs_;
  FailureBudget failures_;
  std::uint64_t verified_ = 0;
  mutable std::uint64_t refused_ = 0;
  BoundedTable<Sha256, Known, Sha256Hash> good_;
  BoundedTable<Sha256, Known, Sha256Hash> bad_;
};

// What is wrong with the options, one each; empty when nothing is.
std::vector<std::string> problems_of(const ResourceServerOptions& options);

// Where the metadata of `resource` is found: "https://host/.well-known/oauth-protected-resource/path". `resource` must be an http or https
// URL. Errors: invalid_argument.
mcp::Result<std::string> resource_metadata_url(std::string_view resource);

inline constexpr std::string_view kResourceMetadataPath = "/.well-known/oauth-protected-resource";

}  // namespace oauth
