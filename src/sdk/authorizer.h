// What puts credentials on the requests of an HTTP connection, and obtains better ones when they are refused.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "net/http_client.h"
#include "net/url.h"

namespace sdk {

using base::Error;
using base::Instant;
using base::Loop;
using base::Result;
using base::Task;

// Threads: one loop only. Any number of requests may ask at once; what they wait for happens once.
class Authorizer {
 public:
  // The header lines for one sending of one request. Proofs in them are good for one sending only.
  struct Lines {
    std::vector<std::pair<std::string, std::string>> headers;
    // Which credentials these are; a Refusal names them.
    std::uint64_t generation = 0;
  };
  // An answer 401 or 403.
  struct Refusal {
    int status = 0;
    std::vector<std::string> challenges;  // WWW-Authenticate lines
    std::string dpop_nonce;               // the DPoP-Nonce line, or empty
    std::uint64_t generation = 0;
    int attempt = 1;  // how many sendings of this request were refused
  };
  enum class Verdict { send_again, stands };

  virtual ~Authorizer() = default;

  // Error: denied, when `url` is of another origin than the credentials are for.
  virtual Task<Lines> lines(std::string method, net::Url url, std::stop_token stop) = 0;
  // Tries to do better: signs in, refreshes, asks for more scopes. `stands`: the refusal is the answer. May take as long as a
  // person takes; `stop` ends only the waiting.
  // Errors: unauthenticated (says what is missing), denied, cancelled, unavailable, upstream_failed.
  virtual Task<Verdict> refused(Refusal refusal, std::stop_token stop) = 0;
  // Names the credentials that requests carry now, and shows nothing of them; empty when there are none yet.
  virtual std::string_view identity() const { return {}; }
  // The server's next nonce for proofs came with an answer.
  virtual void heard_nonce(std::string_view nonce) = 0;
  // Ends what is under way. Errors: none.
  virtual Task<void> close() = 0;
};

// What a refusal is worth: of a request that says good-bye, nobody is troubled for.
enum class OnRefusal { improve, stands };

// Sends `request` with credentials, and again when the authorizer says so, a few times at most. Without an authorizer it is
// client->send(). Time that the authorizer takes is not counted against `deadline`.
// What the request points to must live until the Task ends. Errors: those of HttpClient::send and of the Authorizer.
Task<net::HttpResponse> send_authorized(net::HttpClient* client, Authorizer* authorizer, net::HttpClientRequest request,
                                        std::stop_token stop, Instant deadline, OnRefusal on_refusal = OnRefusal::improve);

}  // namespace sdk
