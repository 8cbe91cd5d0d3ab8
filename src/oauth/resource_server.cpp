#include "oauth/resource_server.h"

#include <algorithm>

#include "base/json.h"
#include "net/url.h"

namespace oauth {

namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::string_view kInvalidToken = "invalid_token";
constexpr std::string_view kInvalidRequest = "invalid_request";
constexpr std::string_view kInvalidProof = "invalid_dpop_proof";
constexpr std::string_view kUseNonce = "use_dpop_nonce";
constexpr std::string_view kInsufficientScope = "insufficient_scope";
constexpr std::string_view kBadToken = "the access token is not valid here";
constexpr std::string_view kBadProof = "the DPoP proof does not fit this request";

constexpr std::size_t kMostKeysTried = 4;
constexpr std::chrono::seconds kRefusedFor{60};
constexpr std::chrono::seconds kSaidGood{60};        // an issuer's word that a token is good is believed for so long
constexpr std::chrono::microseconds kAsking{2'000};  // charged for asking an issuer in vain

bool same_word(std::string_view a, std::string_view b) { return net::same_header(a, b); }

// token68 of RFC 9110 section 11.2, which is what a bearer token is made of.
bool is_token68(std::string_view text) {
  std::size_t end = text.find_last_not_of('=');
  if (end == std::string_view::npos) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end) + 1, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/").find(c) != std::string_view::npos;
  });
}

bool names_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    std::size_t end = std::min(query.find('&'), query.size());
    std::string_view one = query.substr(0, end);
    if (one.substr(0, one.find('=')) == name) return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

// Tries the keys that the token may mean. `tried` is how many signatures were computed.
Result<> verify_with(const JwkSet& set, const Jws& jws, std::size_t& tried) {
  Error last(Code::unauthenticated, "the issuer has no key with the token's kid and alg");
  for (const Jwk& key : set.keys) {
    if (!key.serves(jws.alg) || (jws.kid && key.id() && *key.id() != *jws.kid)) continue;
    if (++tried > kMostKeysTried) return Error(Code::unauthenticated, "the token names no key, and its issuer has too many to try");
    auto good = verify_signature(jws, key);
    if (good) return good;
    last = std::move(good).error();
  }
  return last;
}

std::string quoted_list(const std::vector<std::string>& words) {
  std::string out = "[";
  for (const auto& word : words) out.append(out.size() > 1 ? "," : "").append(base::quoted(word));
  return out + "]";
}

std::vector<std::string> merged(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> out = a;
  for (const auto& word : b)
    if (std::find(out.begin(), out.end(), word) == out.end()) out.push_back(word);
  return out;
}

}  // namespace

// What a request brought.
struct ResourceServer::Token {
  enum class Scheme { bearer, dpop };
  Credentials credentials;
  Scheme scheme = Scheme::bearer;
  std::string_view text;
  Sha256 hash{};
};

// What was found out about a token.
struct ResourceServer::Known {
  std::shared_ptr<const Principal> principal;
  const IssuerRules* rules = nullptr;
  std::vector<std::string> aud;
  std::optional<std::uint64_t> generation;  // of the issuer's keys when it was found out; none: the issuer itself has said it
  WallTime until;                           // believed so long
  std::string jkt;                          // the key that the token is bound to
  std::string why;                          // it is bad
};

ResourceServer::ResourceServer(KeyRing& keys, ResourceServerOptions options, Clocks clocks)
    : keys_(keys),
      options_(std::move(options)),
      clocks_(std::move(clocks)),
      proofs_(options_.proofs),
      failures_(options_.failures),
      good_(options_.most_tokens),
      bad_(options_.most_refused) {
  if (options_.audiences.empty() ||
      std::find(options_.audiences.begin(), options_.audiences.end(), options_.resource) == options_.audiences.end())
    options_.audiences.push_back(options_.resource);
  if (options_.rules.empty()) {
    for (const auto& issuer : options_.issuers) {
      IssuerRules rules;
      rules.issuer = issuer;
      rules.audiences = options_.audiences;
      rules.audience_rule = options_.audience_rule;
      rules.typ = options_.typ;
      rules.scopes = options_.scopes;
      options_.rules.push_back(std::move(rules));
    }
  } else {
    options_.issuers.clear();
    for (const auto& rules : options_.rules) options_.issuers.push_back(rules.issuer);
    options_.scopes = options_.rules.front().scopes;
  }
  metadata_ = metadata_of(options_.resource, options_.issuers);
  metadata_url_ = resource_metadata_url(options_.resource).value_or("");
}
ResourceServer::~ResourceServer() = default;

Task<Verdict> ResourceServer::authenticate(Credentials credentials) {
  if (names_parameter(credentials.query, "access_token"))
    co_return refuse(credentials, 400, kInvalidRequest, "an access token must not be in the URL", "an access token in the query");
  if (credentials.authorization.empty()) co_return refuse(credentials, 401, "", "an access token is needed", "no credentials");
  if (credentials.authorization.size() > 1)
    co_return refuse(credentials, 400, kInvalidRequest, "Authorization came more than once", "several Authorization lines");
  std::string_view line = credentials.authorization.front();
  std::size_t space = std::min(line.find(' '), line.size());
  std::string_view scheme = line.substr(0, space);
  Token token;
  token.text = line.substr(space);
  token.text.remove_prefix(std::min(token.text.find_first_not_of(' '), token.text.size()));
  if (same_word(scheme, "DPoP") && options_.dpop != DpopRule::off)
    token.scheme = Token::Scheme::dpop;
  else if (!same_word(scheme, "Bearer"))
    co_return refuse(credentials, 401, "", "an access token is needed", "credentials of another scheme");
  if (!is_token68(token.text))
    co_return refuse(credentials, 400, kInvalidRequest, "the Authorization header is malformed", "a malformed Authorization line");
  if (token.text.size() > kMaxJwtBytes) co_return refuse(credentials, 401, kInvalidToken, kBadToken, "the token is longer than 16 KiB");
  token.hash = sha256_array(token.text);
  token.credentials = std::move(credentials);

  WallTime now = clocks_.wall();
  if (Known* known = good_.find(token.hash)) {
    if (current(*known, now)) co_return accept(token, *known);
    good_.erase(token.hash);
  }
  if (Known* known = bad_.find(token.hash)) {
    if (current(*known, now)) co_return refuse(token.credentials, 401, kInvalidToken, kBadToken, known->why);
    bad_.erase(token.hash);
  }
  co_return co_await verify(&token);
}

bool ResourceServer::current(const Known& known, WallTime now) const {
  return known.until > now && (!known.generation || *known.generation == keys_.generation(known.rules->issuer));
}

const IssuerRules* ResourceServer::rules_of(std::string_view issuer) const {
  auto found = std::find_if(options_.rules.begin(), options_.rules.end(), [&](const IssuerRules& one) { return one.issuer == issuer; });
  return found == options_.rules.end() ? nullptr : &*found;
}

// What costs little comes first, so that what has expired or is not for us costs no signature. Nothing of it is told to the peer.
Result<ResourceServer::Known> ResourceServer::check_cheaply(const Token& token, std::string_view payload, std::string_view typ,
                                                            std::optional<Alg> alg) const {
  auto claims = parse_claims(payload);
  if (!claims) return std::move(claims).error();
  Known known;
  known.rules = rules_of(claims->iss);
  if (!known.rules) return Error(Code::unauthenticated, "the token is of an issuer that is not trusted here");
  const IssuerRules& own = *known.rules;
  if (alg && !own.algs.empty() && std::find(own.algs.begin(), own.algs.end(), *alg) == own.algs.end())
    return Error(Code::unauthenticated, "the issuer does not sign with " + std::string(alg_name(*alg)));
  TokenRules rules{own.issuer, own.audiences, own.audience_rule, own.typ, options_.leeway};
  if (!token.credentials.resource.empty()) rules.audiences.emplace_back(token.credentials.resource);
  WallTime now = clocks_.wall();
  if (!alg) rules.typ = TypRule::any;
  if (rules.typ == TypRule::any && claims->client_id.empty()) claims->client_id = client_of(payload);
  if (auto good = check_claims(*claims, typ, rules, now); !good) return std::move(good).error();
  if (claims->bound_otherwise) return Error(Code::unauthenticated, "the token is bound to something that cannot be checked here");
  auto principal = std::make_shared<Principal>();
  principal->key = claims->iss + "#" + claims->sub;
  principal->issuer = claims->iss;
  principal->subject = claims->sub;
  principal->client_id = claims->client_id.empty() ? claims->azp : claims->client_id;
  principal->scopes = granted(claims->scopes);
  principal->expires = end_of(*claims, options_.leeway);
  if (options_.describe) principal->who = options_.describe(own, *claims, payload, token.hash);
  known.until = std::min(principal->expires, now + options_.believed);
  known.aud = std::move(claims->aud);
  known.jkt = std::move(claims->jkt);
  known.principal = std::move(principal);
  return known;
}

Task<Verdict> ResourceServer::verify(Token* token) {
  std::string peer(token->credentials.peer);
  if (failures_.spent(peer, clocks_.steady())) {
    Refusal slow = refuse(token->credentials, 429, "", "too many invalid tokens; wait", "too many invalid tokens of this peer");
    slow.headers = {{"Retry-After", "1"}};
    co_return slow;
  }
  if (options_.introspector && std::count(token->text.begin(), token->text.end(), '.') != 2) co_return co_await ask_issuer(token, peer);
  Result<Jws> jws = parse_jws(token->text);
  if (!jws) co_return refuse(token->credentials, 401, kInvalidToken, kBadToken, jws.error().message);
  Result<Known> known = check_cheaply(*token, jws->payload, jws->typ, jws->alg);
  if (!known) co_return refuse(token->credentials, 401, kInvalidToken, kBadToken, known.error().message);
  Result<KeyRing::Keys> keys = co_await keys_.keys(known->rules->issuer, jws->kid).result();
  if (!keys) {
    Refusal later = refuse(token->credentials, 503, "", "tokens cannot be verified now; try again later", keys.error().message);
    later.headers = {{"Retry-After", "5"}};
    co_return later;
  }
  known->generation = keys->generation;
  std::size_t tried = 0;
  Result<> good = verify_with(*keys->set, *jws, tried);
  if (!good) {
    if (tried > 0) {
      failures_.charge(peer, cost_of(jws->alg) * tried, clocks_.steady());
      known->principal = nullptr;
      known->why = good.error().message;
      known->until = clocks_.wall() + kRefusedFor;
      bad_.put(token->hash, *std::move(known));
    }
    co_return refuse(token->credentials, 401, kInvalidToken, kBadToken, good.error().message);
  }
  ++verified_;
  co_return accept(*token, good_.put(token->hash, *std::move(known)));
}

// A token without a meaning of its own is shown to the one issuer that is asked (RFC 7662). What that says is believed for a short time.
Task<Verdict> ResourceServer::ask_issuer(Token* token, std::string peer) {
  Result<std::string> said = co_await options_.introspector->ask(std::string(token->text), clocks_.wall()).result();
  if (!said && said.error().code != Code::unauthenticated) {
    Refusal later = refuse(token->credentials, 503, "", "tokens cannot be verified now; try again later", said.error().message);
    later.headers = {{"Retry-After", "5"}};
    co_return later;
  }
  Result<Known> known = said ? check_cheaply(*token, *said, "", std::nullopt) : Result<Known>(said.error());
  if (!known) {
    failures_.charge(peer, kAsking, clocks_.steady());
    if (!said) {
      Known bad;
      bad.rules = rules_of(options_.introspector->issuer());
      bad.why = said.error().message;
      bad.until = clocks_.wall() + kRefusedFor;
      bad_.put(token->hash, std::move(bad));
    }
    co_return refuse(token->credentials, 401, kInvalidToken, kBadToken, known.error().message);
  }
  known->until = std::min(known->until, clocks_.wall() + kSaidGood);
  ++verified_;
  co_return accept(*token, good_.put(token->hash, *std::move(known)));
}

// Which of our URLs a token is for is looked at each time: it may be remembered from another.
Verdict ResourceServer::accept(Token& token, const Known& known) {
  auto ours = [&](const std::string& aud) {
    const auto& names = known.rules->audiences;
    return aud == token.credentials.resource || std::find(names.begin(), names.end(), aud) != names.end();
  };
  const bool fits = known.rules->audience_rule == AudienceRule::only ? std::all_of(known.aud.begin(), known.aud.end(), ours)
                                                                     : std::any_of(known.aud.begin(), known.aud.end(), ours);
  if (!fits) return refuse(token.credentials, 401, kInvalidToken, kBadToken, "the token is for another audience");
  if (auto refused = check_binding(token, known)) return *std::move(refused);
  return known.principal;
}

// A token that is bound to a key is good only with a proof of that key, whichever scheme it came with; one that is not is no DPoP token.
std::optional<Refusal> ResourceServer::check_binding(const Token& token, const Known& known) {
  if (known.jkt.empty()) {
    if (token.scheme == Token::Scheme::dpop)
      return refuse(token.credentials, 401, kInvalidToken, kBadToken, "DPoP with a token that is bound to no key");
    if (options_.dpop == DpopRule::required)
      return refuse(token.credentials, 401, kInvalidToken, kBadToken, "the token is bound to no key, which is required");
    return std::nullopt;
  }
  if (token.scheme != Token::Scheme::dpop)
    return refuse(token.credentials, 401, kInvalidToken, kBadToken, "the token is bound to a key and came without DPoP");
  const auto& proofs = token.credentials.proofs;
  if (proofs.size() != 1) return refuse(token.credentials, 401, kInvalidProof, "one DPoP header is needed", "no or several DPoP headers");
  WallTime now = clocks_.wall();
  const std::string_view url = token.credentials.resource.empty() ? std::string_view(options_.resource) : token.credentials.resource;
  auto good = proofs_.verify(proofs.front(), {token.credentials.method, url, token.text, known.jkt}, now);
  if (good) return std::nullopt;
  Code code = good.error().code;
  std::string why = std::move(good).error().message;
  if (code == Code::rate_limited) {
    Refusal slow = refuse(token.credentials, 429, "", "too many requests; wait", std::move(why));
    slow.headers = {{"Retry-After", "1"}};
    return slow;
  }
  failures_.charge(token.credentials.peer, cost_of(Alg::es256), clocks_.steady());
  bool lacks_nonce = code == Code::conflict;
  Refusal refusal = refuse(token.credentials, 401, lacks_nonce ? kUseNonce : kInvalidProof,
                           lacks_nonce ? "use the nonce given here" : kBadProof, std::move(why));
  if (proofs_.nonce_rule() == DpopNonce::required) refusal.headers.emplace_back("DPoP-Nonce", proofs_.nonce(now));
  return refusal;
}

std::optional<Refusal> ResourceServer::allow(const Principal& who, const std::vector<std::string>& more, std::string_view resource) const {
  const IssuerRules* rules = rules_of(who.issuer);
  const std::vector<std::string>& always = rules ? rules->scopes : options_.scopes;
  const ScopeForm form = rules ? rules->scope_form : ScopeForm::plain;
  auto has = [&](const std::string& scope) { return has_scope(who.scopes, scope, form); };
  bool enough = std::all_of(always.begin(), always.end(), has) && std::all_of(more.begin(), more.end(), has);
  if (enough) return std::nullopt;
  ++refused_;
  std::string needed = join_scopes(merged(always, more));
  Refusal out;
  out.status = 403;
  out.error = kInsufficientScope;
  out.why = "the token lacks a scope of: " + needed;
  constexpr std::string_view kDescription = "the access token lacks a scope that this needs";
  out.body =
      R"({"error":"insufficient_scope","error_description":)" + base::quoted(kDescription) + R"(,"scope":)" + base::quoted(needed) + "}";
  add_headers(out, kInsufficientScope, kDescription, needed, resource);
  return out;
}

Refusal ResourceServer::refuse(const Credentials& from, int status, std::string_view error, std::string_view description,
                               std::string why) const {
  ++refused_;
  Refusal out;
  out.status = status;
  out.error = error;
  out.why = std::move(why);
  out.body = R"({"error":)" + base::quoted(error.empty() ? status == 401 ? "unauthorized" : "temporarily_unavailable" : error) +
             R"(,"error_description":)" + base::quoted(description) + "}";
  add_headers(out, error, description, join_scopes(options_.scopes), from.resource);
  return out;
}

// One line for each scheme that is served. What is wrong with a proof is said where proofs belong.
void ResourceServer::add_headers(Refusal& refusal, std::string_view error, std::string_view description, std::string_view scope,
                                 std::string_view resource) const {
  const std::string where = resource.empty() ? metadata_url_ : resource_metadata_url(resource).value_or(metadata_url_);
  auto line = [&](std::string_view scheme) {
    std::string out(scheme);
    out += ' ';
    if (!error.empty()) {
      append_parameter(out, "error", error);
      append_parameter(out, "error_description", description);
    }
    append_parameter(out, "resource_metadata", where);
    if (!scope.empty()) append_parameter(out, "scope", scope);
    return out;
  };
  bool about_proof = error == kInvalidProof || error == kUseNonce;
  if (options_.dpop != DpopRule::required && !about_proof) refusal.headers.emplace_back("WWW-Authenticate", line("Bearer"));
  if (options_.dpop == DpopRule::off) return;
  std::string algs, dpop = line("DPoP");
  for (Alg alg : kAllAlgs) algs.append(algs.empty() ? "" : " ").append(alg_name(alg));
  append_parameter(dpop, "algs", algs);
  refusal.headers.emplace_back("WWW-Authenticate", std::move(dpop));
}

std::vector<std::string> ResourceServer::granted(const std::vector<std::string>& scopes) const {
  std::vector<std::string> out = scopes;
  for (std::size_t i = 0; i < out.size(); ++i)
    for (const auto& [holder, held] : options_.includes)
      if (holder == out[i]) out = merged(out, held);
  return out;
}

std::string ResourceServer::metadata_of(std::string_view resource, const std::vector<std::string>& servers) const {
  std::string out = R"({"resource":)" + base::quoted(resource) + R"(,"authorization_servers":)" + quoted_list(servers);
  auto scopes = options_.scopes;
  for (const auto& rules : options_.rules) scopes = merged(scopes, rules.scopes);
  if (scopes = merged(scopes, options_.scopes_supported); !scopes.empty()) out += R"(,"scopes_supported":)" + quoted_list(scopes);
  out += R"(,"bearer_methods_supported":["header"])";
  if (!options_.name.empty()) out += R"(,"resource_name":)" + base::quoted(options_.name);
  if (options_.dpop != DpopRule::off) {
    std::vector<std::string> algs;
    for (Alg alg : kAllAlgs) algs.emplace_back(alg_name(alg));
    out += R"(,"dpop_signing_alg_values_supported":)" + quoted_list(algs);
    out += R"(,"dpop_bound_access_tokens_required":)" + std::string(options_.dpop == DpopRule::required ? "true" : "false");
  }
  return out + "}";
}

Result<std::string> resource_metadata_url(std::string_view resource) {
  auto url = net::parse_url(resource);
  if (!url) return std::move(url).error();
  std::string tail = url->target.starts_with("/?") ? url->target.substr(1) : url->target == "/" ? std::string() : url->target;
  return (url->tls ? "https://" : "http://") + url->authority + std::string(kResourceMetadataPath) + tail;
}

std::vector<std::string> problems_of(const ResourceServerOptions& options) {
  std::vector<std::string> out;
  auto url = net::parse_url(options.resource);
  if (!url)
    out.push_back("the resource '" + options.resource + "' is no URL: " + url.error().message);
  else if (!url->tls && url->host != "localhost" && url->host != "127.0.0.1" && url->host != "::1")
    out.push_back("the resource '" + options.resource + "' must be https; http is for this machine only");
  else if (options.resource.find('#') != std::string::npos)
    out.push_back("the resource '" + options.resource + "' must have no fragment");
  if (options.issuers.empty() && options.rules.empty()) out.push_back("no issuer is named, so that no token could be good");
  for (const auto& issuer : options.issuers)
    if (auto places = metadata_places(issuer); !places) out.push_back(places.error().message);
  std::vector<std::string> scopes = merged(options.scopes, options.scopes_supported);
  for (const auto& [holder, held] : options.includes) scopes = merged(merged(scopes, {holder}), held);
  for (const auto& scope : scopes) {
    if (!is_scope(scope)) out.push_back("'" + scope + "' is no scope: visible ASCII without space, quote and backslash");
    if (scope == "offline_access") out.push_back("offline_access is between client and issuer, and no scope of a resource");
  }
  return out;
}

}  // namespace oauth
