#include "sdk/oauth_authorizer.h"

#include <algorithm>

#include "base/digest.h"
#include "base/log.h"
#include "oauth/authorization.h"
#include "sdk/deprecations.h"

namespace sdk {

using base::Code;
using oauth::Scopes;
using oauth::Tokens;

namespace {

// For what a flow does beside waiting for a person; each fetch has its own, shorter time.
constexpr std::chrono::minutes kFlowTime{3};
// How long one process may take to renew a token, and how often the others look whether it has.
constexpr base::Millis kClaimTime{30'000}, kClaimPause{100};
// Refusals of one request that are answered with another attempt to get more scopes.
constexpr int kLastStepUp = 3;

// Says in the log that a deprecated way of registering was used, beside whoever else is told.
mcp::OAuth reporting(mcp::OAuth options, std::string server) {
  options.on_deprecated = [told = std::move(options.on_deprecated), peer = std::move(server)](std::string_view what) {
    report_deprecated(peer, protocol::Deprecated::dynamic_registration);
    if (told) told(what);
  };
  return options;
}

bool has(const std::vector<std::string>& list, std::string_view one) { return std::find(list.begin(), list.end(), one) != list.end(); }

}  // namespace

OAuthAuthorizer::OAuthAuthorizer(Loop& loop, mcp::OAuth options, net::Url server, std::function<std::int64_t()> now)
    : loop_(loop),
      server_(std::move(server)),
      resource_(oauth::resource_of(server_)),
      obtainer_(loop, reporting(std::move(options), server_.text()), std::move(now)) {}

OAuthAuthorizer::~OAuthAuthorizer() { tasks_.stop(); }

Task<void> OAuthAuthorizer::close() {
  tasks_.stop();
  co_await tasks_.join();
  co_await obtainer_.close();
}

mcp::TokenKey OAuthAuthorizer::key(std::string issuer) const {
  mcp::TokenKey out;
  out.resource = resource_;
  out.issuer = std::move(issuer);
  out.subject = obtainer_.options().subject;
  return out;
}

Task<Authorizer::Lines> OAuthAuthorizer::lines(std::string method, net::Url url, std::stop_token stop) {
  if (url.origin != server_.origin)
    co_return Error(Code::denied, "the credentials for " + server_.origin + " are not sent to " + url.origin);
  co_await load();
  const bool silent = obtainer_.options().grant != mcp::OAuth::Grant::authorization_code;
  if (tokens_ && tokens_->stale(obtainer_.now()) && (silent || !tokens_->refresh.reveal().empty())) {
    Why why;
    why.kind = Why::Kind::expires;
    // When this fails, the server says so with a refusal, and then there is a reason to trouble somebody.
    Result<> renewed = co_await work(std::move(why), stop).result();
    if (!renewed && renewed.error().code == Code::cancelled) co_return std::move(renewed).error();
  }
  Lines out;
  out.generation = generation_;
  if (!tokens_) co_return std::move(out);
  const bool bound = tokens_->kind == Tokens::Kind::dpop;
  out.headers.emplace_back("Authorization", (bound ? "DPoP " : "Bearer ") + tokens_->access.reveal());
  if (bound) {
    std::string proof = co_await obtainer_.prover()->proof(method, url, tokens_->access.reveal(), obtainer_.now());
    out.headers.emplace_back("DPoP", std::move(proof));
  }
  co_return std::move(out);
}

void OAuthAuthorizer::heard_nonce(std::string_view nonce) {
  if (obtainer_.prover()) obtainer_.prover()->heard(server_.origin, nonce);
}

// What the challenges of the schemes that are spoken here say; `error` is the first error code among them.
OAuthAuthorizer::Why OAuthAuthorizer::why_of(const Refusal& refusal, std::string* error) {
  Why why;
  for (const std::string& line : refusal.challenges) {
    auto challenges = oauth::parse_challenges(line);
    if (!challenges) {
      base::log::debug("a challenge was not understood", {{"why", challenges.error().message}});
      continue;
    }
    for (const auto& one : *challenges) {
      if (one.scheme != "bearer" && one.scheme != "dpop") continue;
      (one.scheme == "bearer" ? why.bearer : why.dpop) = true;
      if (auto url = one.find("resource_metadata"); url && why.metadata_url.empty()) why.metadata_url = *url;
      if (auto scope = one.find("scope")) oauth::unite(why.scopes, oauth::read_scopes(*scope));
      if (auto code = one.find("error"); code && error->empty()) *error = *code;
    }
  }
  return why;
}

Task<Authorizer::Verdict> OAuthAuthorizer::refused(Refusal refusal, std::stop_token stop) {
  std::string error;
  Why why = why_of(refusal, &error);
  if (refusal.generation != generation_) co_return Verdict::send_again;  // better credentials came meanwhile
  if (obtainer_.prover()) obtainer_.prover()->heard(server_.origin, refusal.dpop_nonce);
  if (error == "use_dpop_nonce" && tokens_ && tokens_->kind == Tokens::Kind::dpop)
    co_return refusal.dpop_nonce.empty() || refusal.attempt > kLastStepUp ? Verdict::stands : Verdict::send_again;
  if (refusal.status == 401) co_return co_await after_unauthorized(std::move(why), &refusal, std::move(stop));
  // 403: only more scopes can help, and only ones that were not asked for before.
  if (!tokens_ || error != "insufficient_scope" || refusal.attempt > kLastStepUp) co_return Verdict::stands;
  if (oauth::holds_all(tokens_->asked, why.scopes)) co_return Verdict::stands;
  why.kind = Why::Kind::more_scopes;
  co_await work(std::move(why), std::move(stop));
  co_return Verdict::send_again;
}

Task<Authorizer::Verdict> OAuthAuthorizer::after_unauthorized(Why why, const Refusal* refusal, std::stop_token stop) {
  // A token that a person just got, and that is refused at once, will not become better by asking them again.
  if (tokens_ && refusal->attempt > 1 && origin_ == Origin::signed_in) co_return Verdict::stands;
  why.refresh_failed = tokens_ && refusal->attempt > 1 && origin_ == Origin::refreshed;
  co_await work(std::move(why), std::move(stop));
  co_return Verdict::send_again;
}

// One flow at a time. It belongs to nobody's request: a call that is given up does not take a half-used refresh token with it.
Task<void> OAuthAuthorizer::work(Why why, std::stop_token stop) {
  if (tasks_.stop_token().stop_requested()) co_await mcp::fail(Code::cancelled, "the connection was closed");
  const std::shared_ptr<Flow> flow = flow_;
  if (!flow->working) {
    flow->working = true;
    tasks_.spawn(run(std::move(why)));
  }
  const Instant until = base::Timers::now() + std::chrono::duration_cast<base::Millis>(obtainer_.options().sign_in_time) + kFlowTime;
  co_await flow->waiters.wait(loop_.timers(), std::move(stop), until);
}

Task<void> OAuthAuthorizer::run(Why why) {
  flow_->outcome = co_await obtain(std::move(why)).result();
  loop_.post([flow = flow_] {
    flow->working = false;
    flow->waiters.wake(flow->outcome);
  });
}

Task<void> OAuthAuthorizer::obtain(Why why) {
  const std::stop_token stop = tasks_.stop_token();
  if (why.kind == Why::Kind::expires) {
    if (!at_) {
      oauth::Discovery known;
      known.server = co_await oauth::server_metadata(&obtainer_.fetcher(), tokens_->issuer, stop);
      known.resource.resource = tokens_->resource;
      at_ = std::move(known);
    }
  } else {
    oauth::DiscoveryRequest request;
    request.server = server_;
    if (!why.metadata_url.empty()) metadata_url_ = why.metadata_url;  // later challenges may be shorter
    request.named = metadata_url_;
    for (const auto& client : obtainer_.options().clients)
      if (!client.issuer.empty()) request.known.push_back(client.issuer);
    if (!bound_issuer_.empty()) request.known.push_back(bound_issuer_);
    at_ = co_await oauth::discover(&obtainer_.fetcher(), std::move(request), stop);
  }
  oauth::Discovery at = *at_;
  // Another authorization server: nothing that the one before gave is shown to it, and its scopes are not ours any more.
  if (tokens_ && tokens_->issuer != at.server.issuer) {
    co_await obtainer_.store().erase(key(tokens_->issuer));
    tokens_.reset();
    identity_.clear();
  }
  bool renewed = co_await renew(&why, &at);
  if (renewed) co_return;
  oauth::Wanted wanted;
  wanted.scopes = scopes_for(why, at);
  wanted.binding = co_await binding_for(why, at);
  wanted.bound_issuer = bound_issuer_;
  wanted.at = std::move(at);
  std::string issuer = wanted.at.server.issuer;
  Tokens tokens = co_await obtainer_.obtain(std::move(wanted), stop);
  co_await bind(std::move(issuer));
  co_await keep(std::move(tokens));
  origin_ = Origin::signed_in;
}

// Tries the refresh token, where that can help. False: it did not.
Task<bool> OAuthAuthorizer::renew(const Why* why, const oauth::Discovery* at) {
  if (!tokens_ || tokens_->refresh.reveal().empty() || why->kind == Why::Kind::more_scopes || why->refresh_failed) co_return false;
  if (!oauth::holds_all(tokens_->asked, why->scopes)) co_return false;
  // Of all processes that share the store one renews; the others get what it got.
  const base::Instant until = base::Timers::now() + kClaimTime;
  const mcp::TokenKey place = key(tokens_->issuer);
  for (;;) {
    const bool claimed = co_await obtainer_.store().claim(place, kClaimTime);
    if (claimed || base::Timers::now() >= until) break;
    co_await loop_.timers().sleep(kClaimPause, tasks_.stop_token());
    if (tasks_.stop_token().stop_requested()) co_return Error(Code::cancelled, "the connection was closed");
  }
  Result<bool> renewed = co_await renew_claimed(why, at).result();
  (void)co_await obtainer_.store().release(place).result();
  co_return std::move(renewed);
}

Task<bool> OAuthAuthorizer::renew_claimed(const Why* why, const oauth::Discovery* at) {
  std::optional<Tokens> newer = co_await stored(tokens_->issuer);
  if (newer && newer->access != tokens_->access && newer->kind == tokens_->kind) {
    use(*std::move(newer));
    origin_ = Origin::refreshed;
    co_return true;
  }
  Tokens old = *tokens_;
  std::optional<Tokens> fresh = co_await obtainer_.refresh(std::move(old), at->server, tasks_.stop_token());
  if (!fresh) {
    // It will not be taken another time either.
    tokens_->refresh = base::Secret<std::string>();
    const bool by_person = obtainer_.options().grant == mcp::OAuth::Grant::authorization_code;
    if (why->kind == Why::Kind::expires && by_person) co_return Error(Code::unauthenticated, "the refresh token is not taken any more");
    co_return false;
  }
  co_await keep(*std::move(fresh));
  origin_ = Origin::refreshed;
  co_return true;
}

// Scope selection (MCP Authorization): what the challenge asks for, else all that the resource lists; with what was asked for before.
Scopes OAuthAuthorizer::scopes_for(const Why& why, const oauth::Discovery& at) const {
  Scopes out;
  if (tokens_) out = tokens_->asked;
  std::erase(out, "offline_access");
  if (!why.scopes.empty())
    oauth::unite(out, why.scopes);
  else if (out.empty())
    out = at.resource.scopes;
  oauth::unite(out, obtainer_.options().scopes);
  // Alone it would stand in place of the server's own choice.
  const bool by_person = obtainer_.options().grant == mcp::OAuth::Grant::authorization_code;
  if (by_person && !out.empty() && oauth::holds(at.server.scopes, "offline_access")) oauth::unite(out, {"offline_access"});
  return out;
}

Result<oauth::Wanted::Binding> OAuthAuthorizer::binding_for(const Why& why, const oauth::Discovery& at) const {
  using Binding = oauth::Wanted::Binding;
  using Dpop = mcp::OAuth::Dpop;
  const auto& algs = at.server.dpop_algs;
  const Dpop wish = obtainer_.options().dpop;
  const bool must =
      wish == Dpop::always || at.resource.dpop_required || (why.dpop && !why.bearer) || (tokens_ && tokens_->kind == Tokens::Kind::dpop);
  const bool may = why.dpop && has(algs, "ES256");
  if (wish == Dpop::never)
    return must
               ? Result<Binding>(Error(Code::unauthenticated, "the server wants tokens bound to a key, which are turned off (OAuth::dpop)"))
               : Binding::none;
  if (!must && !may) return Binding::none;
  if ((!algs.empty() && !has(algs, "ES256")) || (!at.resource.dpop_algs.empty() && !has(at.resource.dpop_algs, "ES256")))
    return Error(Code::unauthenticated, "the server wants proofs (DPoP) with other algorithms than ES256");
  return Binding::dpop;
}

Task<std::optional<Tokens>> OAuthAuthorizer::stored(std::string issuer) {
  std::optional<std::string> record = co_await obtainer_.store().get(key(issuer));
  Result<Tokens> tokens = oauth::tokens_of(record ? *record : std::string());
  std::optional<Tokens> out;
  if (tokens && tokens->issuer == issuer) out = *std::move(tokens);
  co_return std::move(out);
}

// What is in the store from another run. A record that cannot be read is as good as none.
Task<void> OAuthAuthorizer::load() {
  if (loaded_) co_return;
  std::optional<std::string> issuer = co_await obtainer_.store().get(key({}));
  std::optional<Tokens> found;
  if (issuer) found = co_await stored(*issuer);
  if (loaded_) co_return;  // another request was faster
  loaded_ = true;
  if (issuer) bound_issuer_ = *std::move(issuer);
  if (!found) co_return;
  if (found->kind == Tokens::Kind::dpop && !obtainer_.use_key(found->dpop_key).ok()) co_return;
  use(*std::move(found));
}

Task<void> OAuthAuthorizer::bind(std::string issuer) {
  if (issuer == bound_issuer_) co_return;
  co_await obtainer_.store().put(key({}), issuer);
  bound_issuer_ = std::move(issuer);
}

Task<void> OAuthAuthorizer::keep(Tokens tokens) {
  co_await obtainer_.store().put(key(tokens.issuer), oauth::record_of(tokens));
  use(std::move(tokens));
}

void OAuthAuthorizer::use(Tokens tokens) {
  tokens_ = std::move(tokens);
  identity_ = base::sha256_hex(tokens_->access.reveal());
  ++generation_;
}

std::shared_ptr<Authorizer> oauth_authorizer(Loop& loop, mcp::OAuth options, net::Url server) {
  options.on_deprecated = [peer = server.origin, tell = std::move(options.on_deprecated)](std::string_view what) {
    report_deprecated(peer, protocol::Deprecated::dynamic_registration);
    if (tell) tell(what);
  };
  return std::make_shared<OAuthAuthorizer>(loop, std::move(options), std::move(server));
}

}  // namespace sdk
