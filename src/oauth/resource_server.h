// An OAuth 2.1 resource server: from an HTTP request's credentials to who is calling, or to the challenge that says what is missing.
#pragma once

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
#include "oauth/jwks.h"
#include "oauth/jwt.h"
#include "oauth/principal.h"

namespace oauth {

enum class DpopRule {
  off,       // tokens that are bound to a key are refused: their proof would not be looked at
  allowed,   // bound tokens need their proof, others do not
  required,  // only bound tokens
};

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
  std::optional<Refusal> allow(const Principal& who, const std::vector<std::string>& more) const;

  // The metadata of RFC 9728, and the URL at which clients look for it: the well-known path before the path of the resource.
  const std::string& metadata() const { return metadata_; }
  const std::string& metadata_url() const { return metadata_url_; }
  const ResourceServerOptions& options() const { return options_; }

 private:
  struct Token;
  struct Known;

  Task<Verdict> verify(Token* token);
  mcp::Result<Known> check_cheaply(Token& token, const Jws& jws) const;
  Verdict accept(Token& token, const Known& known);
  std::optional<Refusal> check_binding(const Token& token, const Known& known);
  Refusal refuse(int status, std::string_view error, std::string_view description, std::string why) const;
  void add_headers(Refusal& refusal, std::string_view error, std::string_view description, std::string_view scope) const;
  std::vector<std::string> granted(const std::vector<std::string>& scopes) const;
  std::string write_metadata() const;

  KeyRing& keys_;
  ResourceServerOptions options_;
  Clocks clocks_;
  std::string metadata_, metadata_url_;
  DpopVerifier proofs_;
  FailureBudget failures_;
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
