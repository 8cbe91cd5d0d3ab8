// Who is signed in to the console: sessions of browsers, in front of whatever lets callers in.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/loop.h"
#include "base/secret.h"
#include "net/http_message.h"
#include "sdk/admission.h"

namespace gateway {

inline constexpr std::string_view kConsoleCookie = "gatehouse_console";
// The header in which a page repeats its session's token, so that no other page can act for it.
inline constexpr std::string_view kConsoleTokenHeader = "X-Gatehouse-Console";

// Keeps, for each browser that signed in, the credential that it showed, and shows it to the door behind at each request: a key that was
// revoked, or a token that has ended, ends its sessions with it. Requests that bring a credential of their own pass to that door as they
// are. Bounded: kMostSessions, the ones unused longest go first; each ends after kIdle without a request, and kLongest after its beginning.
// Threads: one loop. Lifetime: the door outlives it.
class ConsoleGate final : public sdk::Admission {
 public:
  static constexpr std::size_t kMostSessions = 1'000;
  static constexpr std::chrono::minutes kIdle{60};
  static constexpr std::chrono::hours kLongest{12};
  static constexpr std::size_t kLongestCredential = 16 * 1024;

  explicit ConsoleGate(std::shared_ptr<sdk::Admission> door) : door_(std::move(door)) {}

  base::Task<oauth::Verdict> admit(const net::HttpRequest* http) override;
  std::optional<oauth::Refusal> allow(const oauth::Principal& who, const protocol::Inbound& message) override;
  bool is_metadata(std::string_view path) const override { return door_->is_metadata(path); }
  base::Task<void> serve_metadata(net::HttpExchange& exchange) const override { return door_->serve_metadata(exchange); }

  // A browser that has signed in.
  struct SignedIn {
    std::string cookie;                           // the session's own secret
    std::string token;                            // what its pages repeat
    std::shared_ptr<const oauth::Principal> who;  // null: the operator of this machine
  };
  // Begins a session for who has this credential. Errors: unauthenticated (the door refuses it), too_large.
  base::Task<SignedIn> begin(std::string credential, std::string peer_address);
  // The session of a request, if its cookie names one that is good; the token is not asked for. Errors: unauthenticated.
  base::Task<SignedIn> find(const net::HttpRequest* http);
  // Ends the session of the request; nothing where there is none, or its token was not repeated.
  void end(const net::HttpRequest& http);
  std::size_t sessions() const { return sessions_.size(); }

 private:
  struct Session {
    std::string token;
    base::Secret<std::string> credential;
    base::Instant began{}, used{};
  };
  using Sessions = std::map<std::string, Session, std::less<>>;  // by the digest of the cookie
  Sessions::iterator session_of(const net::HttpRequest& http);
  base::Task<std::shared_ptr<const oauth::Principal>> show(std::string credential, std::string peer_address);

  std::shared_ptr<sdk::Admission> door_;
  Sessions sessions_;
};

// The value of this cookie in a request. Nothing: there is none, or several.
std::optional<std::string_view> find_cookie(const net::HttpRequest& http, std::string_view name);

}  // namespace gateway
