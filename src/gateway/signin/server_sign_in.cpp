#include "gateway/signin/server_sign_in.h"

#include "base/digest.h"
#include "base/event.h"
#include "base/log.h"
#include "gateway/signin/oauth_options.h"
#include "oauth/form.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Instant;
using base::Millis;
using base::Result;
using base::Task;

namespace {

// Who was found without a token is looked up again after so long: they may have signed in elsewhere.
constexpr Millis kLookAgain{2'000};
// Until the address to go to is known.
constexpr Millis kBeginTime{30'000};
// Browsers that are on the way for one caller at a time.
constexpr std::size_t kMostBrowsers = 8;

std::string state_of(std::string_view url) {
  const std::size_t query = url.find('?');
  auto form = oauth::read_form(query == std::string_view::npos ? std::string_view() : url.substr(query + 1));
  const std::string* state = form ? oauth::find(*form, "state") : nullptr;
  return state ? *state : std::string();
}

}  // namespace

// One person's way to the authorization server and back.
struct ServerSignIn::Visit {
  std::string url, state;
  std::set<std::string> browsers;  // digests
  base::OneShot<std::string> came;
  bool answered = false, ended = false;
  Result<> outcome;
  base::Waiters begun, done;
};

// What is kept of one caller.
struct ServerSignIn::Seat {
  std::string subject;
  std::shared_ptr<sdk::OAuthAuthorizer> authorizer;
  bool lacking = false;  // there were no good tokens
  Instant looked{};      // ... when that was found
  std::shared_ptr<Visit> visit;
  base::Waiters signed_in;
  std::list<std::string>::iterator place;
};

// The lines of one caller, from whatever flow is theirs now.
class ServerSignIn::CallerLines final : public sdk::Authorizer {
 public:
  CallerLines(std::shared_ptr<ServerSignIn> owner, std::string caller) : owner_(std::move(owner)), caller_(std::move(caller)) {}

  Task<Lines> lines(std::string method, net::Url url, std::stop_token stop) override {
    std::shared_ptr<Seat> seat = owner_->seat(owner_->subject(caller_));
    std::shared_ptr<sdk::OAuthAuthorizer> flow = seat->authorizer;
    Lines out = co_await flow->lines(std::move(method), std::move(url), std::move(stop));
    co_return std::move(out);
  }

  Task<Verdict> refused(Refusal refusal, std::stop_token stop) override {
    std::shared_ptr<Seat> seat = owner_->seat(owner_->subject(caller_));
    std::shared_ptr<sdk::OAuthAuthorizer> flow = seat->authorizer;
    Result<Verdict> verdict = co_await flow->refused(std::move(refusal), std::move(stop)).result();
    if (verdict) co_return *verdict;
    const Code code = verdict.error().code;
    if (code != Code::unauthenticated && code != Code::denied) co_return std::move(verdict).error();
    owner_->lacks(*seat, verdict.error().message);
    co_return owner_->needed(caller_);
  }

  void heard_nonce(std::string_view nonce) override { owner_->seat(owner_->subject(caller_))->authorizer->heard_nonce(nonce); }
  // The flow is not this connection's.
  Task<void> close() override { co_return; }

 private:
  std::shared_ptr<ServerSignIn> owner_;
  std::string caller_;
};

ServerSignIn::ServerSignIn(Parts parts, const ServerConfig& config)
    : parts_(std::move(parts)), server_(config.id), auth_(config.auth), ca_(config.ca) {
  if (auto url = net::parse_url(config.url)) url_ = *std::move(url);
}

ServerSignIn::~ServerSignIn() = default;

mcp::OAuth ServerSignIn::options(const std::weak_ptr<Seat>& seat, const std::string& subject) {
  ServerConfig config;
  config.auth = auth_;
  config.ca = ca_;
  mcp::OAuth out = oauth_options(config, parts_.tokens, subject);
  out.sign_in_time = kVisitTime;
  const std::string origin = parts_.origin();
  if (origin.starts_with("https://")) {
    out.client_metadata_url = origin + "/.well-known/gatehouse-client";
    out.kind = mcp::OAuth::Kind::web;
  }
  auto bearer = [ask = parts_.bearer, subject](std::string) -> Task<std::string> {
    auto give = [](std::function<base::Secret<std::string>(const std::string&)> from, std::string whose) -> Task<std::string> {
      base::Secret<std::string> token = from(whose);
      if (token.reveal().empty()) co_return Error(Code::unauthenticated, "the caller did not come with a token of an issuer");
      co_return std::string(token.reveal());
    };
    return give(ask, subject);
  };
  out.subject_token = bearer;
  out.enterprise.id_token = [bearer] { return bearer({}); };
  if (!auth_.by_person()) return out;
  // Without somebody on the way nobody is asked: a call does not wait for a person that does not come.
  out.sign_in.listen = [seat, origin = parts_.origin]() -> Task<std::string> {
    auto where = [](std::weak_ptr<Seat> of, std::function<std::string()> from) -> Task<std::string> {
      auto here = of.lock();
      if (!here || !here->visit) co_return Error(Code::unauthenticated, "a person has to sign in");
      co_return from() + "/oauth/callback";
    };
    return where(seat, origin);
  };
  out.sign_in.visit = [this, seat](std::string url, std::stop_token stop) -> Task<std::string> {
    auto go = [](ServerSignIn* self, std::weak_ptr<Seat> of, std::string to, std::stop_token end) -> Task<std::string> {
      auto here = of.lock();
      std::shared_ptr<Visit> visit = here ? here->visit : nullptr;
      if (!visit) co_return Error(Code::unauthenticated, "a person has to sign in");
      visit->state = state_of(to);
      visit->url = std::move(to);
      self->visits_[visit->state] = here;
      visit->begun.wake({});
      Result<std::string> came =
          co_await base::wait_for(visit->came, self->parts_.loop.timers(), std::move(end), base::Timers::now() + kVisitTime).result();
      self->visits_.erase(visit->state);
      co_return std::move(came);
    };
    return go(this, seat, std::move(url), std::move(stop));
  };
  return out;
}

std::shared_ptr<sdk::OAuthAuthorizer> ServerSignIn::authorizer(const std::weak_ptr<Seat>& seat, const std::string& subject) {
  return std::make_shared<sdk::OAuthAuthorizer>(parts_.loop, options(seat, subject), url_);
}

std::shared_ptr<ServerSignIn::Seat> ServerSignIn::seat(const std::string& subject) {
  auto found = seats_.find(subject);
  if (found != seats_.end()) {
    order_.splice(order_.end(), order_, found->second->place);
    return found->second;
  }
  make_room();
  auto out = std::make_shared<Seat>();
  out->subject = subject;
  out->authorizer = authorizer(out, subject);
  out->place = order_.insert(order_.end(), subject);
  seats_.emplace(subject, out);
  return out;
}

// Who is in use now, or on the way, stays.
void ServerSignIn::make_room() {
  for (auto at = order_.begin(); seats_.size() >= kMostSeats && at != order_.end();) {
    auto found = seats_.find(*at);
    const bool used = found->second.use_count() > 1 || found->second->authorizer.use_count() > 1 || found->second->visit;
    if (used) {
      ++at;
      continue;
    }
    seats_.erase(found);
    at = order_.erase(at);
  }
}

Error ServerSignIn::needed(const std::string& caller) const {
  if (!auth_.by_person()) return Error(Code::unauthenticated, "no token could be had for server '" + server_ + "': " + trouble_);
  const std::string who = auth_.grant == UpstreamAuth::Grant::shared ? "somebody has to sign in" : "you have to sign in";
  const std::string command = "run: gatehouse login " + server_;
  const std::string link = parts_.link(server_, caller);
  // The link is for the caller's eyes, and in no log.
  return Error(Code::unauthenticated, "needs sign-in; " + command,
               who + " to server '" + server_ + "' first: " + (link.empty() ? command : "open " + link) + ", and call again");
}

void ServerSignIn::lacks(Seat& seat, const std::string& why) {
  if (!seat.lacking) base::events::happened({"token.failed", "token", seat.subject, server_, "failed", why});
  seat.lacking = true;
  seat.looked = base::Timers::now();
  trouble_ = why;
  if (opener_ && subject(*opener_) == seat.subject) opener_.reset();
}

Task<void> ServerSignIn::ready(std::string caller, std::stop_token stop) {
  std::shared_ptr<Seat> mine = seat(subject(caller));
  if (auth_.by_person()) {
    const Instant now = base::Timers::now();
    if (mine->lacking && !mine->visit) {
      if (now - mine->looked < kLookAgain) co_await mcp::fail(needed(caller));
      mine->authorizer = authorizer(mine, mine->subject);
    }
    std::shared_ptr<sdk::OAuthAuthorizer> flow = mine->authorizer;
    sdk::Authorizer::Lines lines = co_await flow->lines("POST", url_, std::move(stop));
    if (lines.headers.empty()) {
      lacks(*mine, "nobody has signed in");
      co_await mcp::fail(needed(caller));
    }
  } else if (auth_.per_caller() && parts_.bearer(caller).reveal().empty()) {
    co_await mcp::fail(Code::unauthenticated, "server '" + server_ + "' wants a token in exchange for yours, and you came without one");
  }
  mine->lacking = false;
  opener_ = std::move(caller);
}

std::shared_ptr<sdk::Authorizer> ServerSignIn::of(const std::string& caller) {
  return std::make_shared<CallerLines>(shared_from_this(), caller);
}

std::string ServerSignIn::lacking() const {
  if (opener_ || trouble_.empty()) return {};
  return auth_.by_person() ? "needs sign-in: gatehouse login " + server_ : trouble_;
}

Task<std::string> ServerSignIn::begin(std::string caller, std::string browser, std::stop_token stop) {
  if (!auth_.by_person()) co_await mcp::fail(Code::denied, "nobody signs in to server '" + server_ + "': the gateway does so by itself");
  std::shared_ptr<Seat> mine = seat(subject(caller));
  if (!mine->visit) {
    mine->visit = std::make_shared<Visit>();
    work_.spawn(sign_in(mine, mine->visit));
  }
  std::shared_ptr<Visit> visit = mine->visit;
  if (!visit) co_return std::string();
  if (visit->browsers.size() >= kMostBrowsers)
    co_await mcp::fail(Code::rate_limited, "too many browsers are signing in to server '" + server_ + "' for this caller");
  visit->browsers.insert(base::sha256_hex(browser));
  if (visit->url.empty() && !visit->ended)
    co_await visit->begun.wait(parts_.loop.timers(), std::move(stop), base::Timers::now() + kBeginTime);
  if (visit->ended && !visit->outcome) co_await mcp::fail(visit->outcome.error());
  co_return visit->url;
}

// A flow of a call that was under way already ends without a person; then it is this one's turn.
Task<void> ServerSignIn::attempt(std::shared_ptr<Seat> mine) {
  std::shared_ptr<sdk::OAuthAuthorizer> flow = mine->authorizer;
  for (int round = 1;; ++round) {
    Result<sdk::Authorizer::Lines> lines = co_await flow->lines("POST", url_, work_.stop_token()).result();
    sdk::Authorizer::Refusal refusal;
    refusal.status = 401;
    if (lines) refusal.generation = lines->generation;
    Result<sdk::Authorizer::Verdict> done = co_await flow->refused(std::move(refusal), work_.stop_token()).result();
    if (done && *done == sdk::Authorizer::Verdict::send_again) co_return;
    if (done) co_await mcp::fail(Code::upstream_failed, "the sign-in came to nothing");
    const bool early = mine->visit && mine->visit->url.empty() && done.error().code == Code::unauthenticated;
    if (!early || round == 2) co_await mcp::fail(std::move(done).error());
  }
}

Task<void> ServerSignIn::sign_in(std::shared_ptr<Seat> mine, std::shared_ptr<Visit> visit) {
  Result<> done = co_await attempt(mine).result();
  visit->ended = true;
  visit->outcome = done;
  mine->visit.reset();
  base::events::happened({done ? "signin.ok" : "signin.failed", "upstream", mine->subject, server_, done ? "ok" : "failed",
                          done ? std::string() : done.error().message});
  if (done) {
    mine->lacking = false;
    trouble_.clear();
    parts_.signed_in(server_, mine->subject);
    mine->signed_in.wake({});
  } else {
    base::log::warn("a sign-in to an upstream failed", {{"server", server_}, {"reason", done.error().message}});
  }
  visit->begun.wake(done);
  visit->done.wake(done);
}

Task<void> ServerSignIn::returned(std::string state, std::string url, std::string browser, std::stop_token stop) {
  auto found = visits_.find(state);
  std::shared_ptr<Seat> mine = found == visits_.end() ? nullptr : found->second.lock();
  std::shared_ptr<Visit> visit = mine ? mine->visit : nullptr;
  if (!visit || visit->state != state || visit->answered)
    co_await mcp::fail(Code::not_found, "this sign-in is not known here: it has ended, or took too long; begin it again");
  // Else somebody could hand their own sign-in to another one's browser.
  if (!visit->browsers.contains(base::sha256_hex(browser)))
    co_await mcp::fail(Code::denied, "this sign-in was begun in another browser; begin it again in this one");
  visit->answered = true;
  visit->came.set(std::move(url));
  if (!visit->ended) co_await visit->done.wait(parts_.loop.timers(), std::move(stop), base::Timers::now() + kBeginTime);
  if (!visit->outcome) co_await mcp::fail(visit->outcome.error());
}

Task<void> ServerSignIn::wait(std::string caller, std::stop_token stop, Instant deadline) {
  std::shared_ptr<Seat> mine = seat(subject(caller));
  if (!mine->lacking && !mine->visit) co_return;
  co_await mine->signed_in.wait(parts_.loop.timers(), std::move(stop), deadline);
}

void ServerSignIn::look() {
  for (auto& [subject, one] : seats_) {
    if (one->visit) continue;
    one->authorizer = authorizer(one, subject);
    one->looked = {};
    one->signed_in.wake({});
  }
}

Task<void> ServerSignIn::close() {
  work_.stop();
  std::vector<std::shared_ptr<sdk::OAuthAuthorizer>> flows;
  for (auto& [subject, one] : seats_) {
    if (one->visit) one->visit->came.set(Error(Code::cancelled, "the gateway is stopping"));
    flows.push_back(one->authorizer);
  }
  for (auto& flow : flows) co_await flow->close();
  co_await work_.join();
  seats_.clear();
  order_.clear();
}

}  // namespace gateway
