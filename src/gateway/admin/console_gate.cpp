#include "gateway/admin/console_gate.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/digest.h"
#include "sdk/session.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using oauth::Refusal;
using oauth::Verdict;

namespace {

bool same(std::string_view a, std::string_view b) { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

Refusal refusal(std::string why) {
  Refusal out;
  out.status = 401;
  out.why = std::move(why);
  out.body = R"({"error":"unauthorized","error_description":"sign in to the console again"})";
  return out;
}

}  // namespace

std::optional<std::string_view> find_cookie(const net::HttpRequest& http, std::string_view name) {
  std::optional<std::string_view> out;
  for (const net::HttpHeader& line : http.headers) {
    if (!net::same_header(line.name, "cookie")) continue;
    for (std::string_view rest = line.value; !rest.empty();) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      if (!pair.starts_with(name) || !pair.substr(name.size()).starts_with('=')) continue;
      if (out) return {};
      out = pair.substr(name.size() + 1);
    }
  }
  return out;
}

// Kept is only a digest: who reads this memory's index finds no cookie.
ConsoleGate::Sessions::iterator ConsoleGate::session_of(const net::HttpRequest& http) {
  const auto cookie = find_cookie(http, kConsoleCookie);
  if (!cookie || cookie->empty()) return sessions_.end();
  auto found = sessions_.find(base::sha256_hex(*cookie));
  if (found == sessions_.end()) return found;
  const base::Instant now = base::Timers::now();
  if (now - found->second.used < kIdle && now - found->second.began < kLongest) return found;
  sessions_.erase(found);
  return sessions_.end();
}

Task<std::shared_ptr<const oauth::Principal>> ConsoleGate::show(std::string credential, std::string peer_address) {
  const std::string line = "Bearer " + credential;
  net::HttpRequest asked;
  asked.method = "POST";
  asked.target = asked.path = "/mcp/s/admin";
  asked.headers.add("Authorization", line);
  asked.peer_address = peer_address;
  Verdict verdict = co_await door_->admit(&asked);
  if (auto* who = std::get_if<0>(&verdict)) co_return std::move(*who);
  std::string why = std::get<1>(verdict).why;
  Error refused(Code::unauthenticated, std::move(why), "this key or token is not good here");
  co_return std::move(refused);
}

Task<Verdict> ConsoleGate::admit(const net::HttpRequest* http) {
  if (http->count("authorization") > 0 || !find_cookie(*http, kConsoleCookie)) co_return co_await door_->admit(http);
  auto found = session_of(*http);
  if (found == sessions_.end()) co_return Verdict(refusal("the console's session has ended"));
  const auto token = http->find(kConsoleTokenHeader);
  if (http->count(kConsoleTokenHeader) != 1 || !same(*token, found->second.token))
    co_return Verdict(refusal("the token of the console's session was not repeated"));
  const std::string id = found->first;
  std::string credential = found->second.credential.reveal(), peer(http->peer_address);
  found->second.used = base::Timers::now();
  Result<std::shared_ptr<const oauth::Principal>> who = co_await show(std::move(credential), std::move(peer)).result();
  if (who) co_return Verdict(*std::move(who));
  sessions_.erase(id);
  co_return Verdict(refusal(who.error().message));
}

std::optional<Refusal> ConsoleGate::allow(const oauth::Principal& who, const protocol::Inbound& message) {
  return door_->allow(who, message);
}

Task<ConsoleGate::SignedIn> ConsoleGate::begin(std::string credential, std::string peer_address) {
  if (credential.empty() || credential.size() > kLongestCredential ||
      std::any_of(credential.begin(), credential.end(), [](char c) { return c <= ' ' || c > '~'; }))
    co_await mcp::fail(Code::unauthenticated, "that is no key and no token");
  std::string shown = credential;
  SignedIn out;
  out.who = co_await show(std::move(shown), std::move(peer_address));
  out.cookie = sdk::random_id();
  out.token = sdk::random_id();
  if (sessions_.size() >= kMostSessions) {
    auto oldest =
        std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    sessions_.erase(oldest);
  }
  const base::Instant now = base::Timers::now();
  sessions_.emplace(base::sha256_hex(out.cookie), Session{out.token, base::Secret(std::move(credential)), now, now});
  co_return std::move(out);
}

Task<ConsoleGate::SignedIn> ConsoleGate::find(const net::HttpRequest* http) {
  auto found = session_of(*http);
  if (found == sessions_.end()) co_await mcp::fail(Code::unauthenticated, "nobody is signed in");
  const std::string id = found->first;
  SignedIn out;
  out.token = found->second.token;
  std::string credential = found->second.credential.reveal(), peer(http->peer_address);
  Result<std::shared_ptr<const oauth::Principal>> who = co_await show(std::move(credential), std::move(peer)).result();
  if (!who) sessions_.erase(id);
  out.who = co_await std::move(who);
  co_return std::move(out);
}

void ConsoleGate::end(const net::HttpRequest& http) {
  auto found = session_of(http);
  if (found == sessions_.end()) return;
  const auto token = http.find(kConsoleTokenHeader);
  if (token && same(*token, found->second.token)) sessions_.erase(found);
}

}  // namespace gateway
