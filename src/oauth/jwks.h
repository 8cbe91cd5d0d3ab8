// The keys of issuers: where they are found (RFC 8414, OpenID discovery), and how long they are believed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "net/http_client.h"
#include "oauth/clocks.h"
#include "oauth/jwk.h"

namespace oauth {

using base::Instant;
using base::Loop;
using base::Millis;
using base::Task;

// What a GET answered.
struct Document {
  int status = 0;
  std::string body;
  std::string cache_control;  // all of its lines, joined by ", "
};
// Gets `url`, following no redirect, at most kMaxJwkSetBytes of it. Errors: as net::HttpClient::send.
using Fetch = std::function<Task<Document>(std::string url, Instant deadline)>;

// A Fetch over `client`, which must outlive it.
Fetch fetch_with(net::HttpClient& client);

// Where the metadata of an issuer may be, in the order in which they are asked. Errors: invalid_argument (no https URL, which only an
// issuer on this machine may do without; or with a query or fragment).
mcp::Result<std::vector<std::string>> metadata_places(std::string_view issuer);

// The jwks_uri of the metadata `json`, which must call itself `issuer`, letter by letter.
// Errors: upstream_failed (another issuer, no jwks_uri, or one that is not https; an issuer on this machine may have one there).
mcp::Result<std::string> jwks_uri_of(std::string_view json, std::string_view issuer);

// How long an answer with this Cache-Control is fresh; nothing when it does not say.
std::optional<Millis> freshness(std::string_view cache_control);

struct KeyRingOptions {
  Millis usual_fresh{5 * 60'000};   // where the answer says nothing
  Millis min_fresh{30'000};         // whatever the answer says
  Millis max_fresh{10 * 60'000};    // so long a withdrawn key may be believed
  Millis max_stale{60 * 60'000};    // while the issuer cannot be reached, so long after the last fetch that went well
  Millis unknown_interval{30'000};  // between fetches because of key ids that are not known
  Millis retry{5'000};              // after a fetch that failed
  Millis fetch_time{5'000};         // for metadata and keys together
};

// The keys of the issuers that are asked for, each fetched once for all who wait, and again when they are no longer fresh or a token
// names a key that is not known.
// Owns: the fetches that run.
// Threads: one loop. Lifetime: destroy it after its loop has stopped, or when nobody waits.
class KeyRing {
 public:
  struct Keys {
    std::shared_ptr<const JwkSet> set;
    std::uint64_t generation = 0;  // grows when the issuer's keys change
  };

  KeyRing(Loop& loop, Fetch fetch, KeyRingOptions options = {}, Clocks clocks = {});
  ~KeyRing();

  // The keys of `issuer`, which is one that is configured, never one that only a token names. With a `kid`, keys that have it if that
  // can be had: keys that are fresh and lack it are fetched again, once in unknown_interval.
  // Errors: unavailable (there are none, or they are too old, and the issuer does not give any; says why).
  Task<Keys> keys(std::string issuer, std::optional<std::string> kid);

  // The generation of what is held now; 0 when nothing is.
  std::uint64_t generation(std::string_view issuer) const;
  // How many fetches have begun, ever.
  std::uint64_t fetches() const { return fetches_; }

 private:
  struct Issuer;

  Issuer& issuer_of(const std::string& name);
  Task<void> wait_for_fetch(Issuer* issuer);
  Task<void> fetch(Issuer* issuer);
  Task<void> fetch_keys(Issuer* issuer);
  Task<void> find_place(Issuer* issuer, Instant deadline);

  Loop& loop_;
  Fetch fetch_;
  KeyRingOptions options_;
  Clocks clocks_;
  std::map<std::string, std::unique_ptr<Issuer>, std::less<>> issuers_;
  std::uint64_t fetches_ = 0;
  base::TaskGroup running_;
};

}  // namespace oauth
