#include "sdk/authorizer.h"

#include <algorithm>

namespace sdk {
namespace {

// Sign-in, a fresh nonce, and two steps up.
constexpr int kMostSendings = 5;
// A refusal's body is read this far, to keep the connection.
constexpr std::size_t kRefusalBody = 64 * 1024;

// Adds the time between its beginning and its end to a deadline.
class NotCounted {
 public:
  explicit NotCounted(Instant& deadline) : deadline_(deadline) {}
  ~NotCounted() {
    if (deadline_ != Instant::max()) deadline_ += base::Timers::now() - began_;
  }
  NotCounted(const NotCounted&) = delete;
  NotCounted& operator=(const NotCounted&) = delete;

 private:
  Instant& deadline_;
  Instant began_ = base::Timers::now();
};

Authorizer::Refusal refusal_of(const net::HttpResponse& response, std::uint64_t generation, int attempt) {
  Authorizer::Refusal refusal;
  refusal.status = response.status();
  for (const auto& line : response.headers())
    if (net::same_header(line.name, "WWW-Authenticate")) refusal.challenges.emplace_back(line.value);
  refusal.dpop_nonce = response.find("DPoP-Nonce").value_or("");
  refusal.generation = generation;
  refusal.attempt = attempt;
  return refusal;
}

Task<net::HttpResponse> with_credentials(net::HttpClient* client, Authorizer* authorizer, net::HttpClientRequest request,
                                         std::stop_token stop, Instant deadline, OnRefusal on_refusal) {
  const std::span<const net::HttpHeader> given = request.headers;
  for (int attempt = 1;; ++attempt) {
    Authorizer::Lines lines;
    {
      NotCounted pause(deadline);
      lines = co_await authorizer->lines(std::string(request.method), *request.url, stop);
    }
    std::vector<net::HttpHeader> headers;
    headers.reserve(given.size() + lines.headers.size());
    for (const auto& line : given)
      if (lines.headers.empty() || !net::same_header(line.name, "Authorization")) headers.push_back(line);
    for (const auto& [name, value] : lines.headers) headers.push_back({name, value});
    request.headers = headers;
    net::HttpResponse response = co_await client->send(request, stop, deadline);
    const int status = response.status();
    if (status != 401 && status != 403) {
      if (auto nonce = response.find("DPoP-Nonce")) authorizer->heard_nonce(*nonce);
      co_return std::move(response);
    }
    if (attempt == kMostSendings || on_refusal == OnRefusal::stands) co_return std::move(response);
    Authorizer::Refusal refusal = refusal_of(response, lines.generation, attempt);
    Authorizer::Verdict verdict = Authorizer::Verdict::stands;
    response.extend(Instant::max());
    {
      NotCounted pause(deadline);
      verdict = co_await authorizer->refused(std::move(refusal), stop);
    }
    if (verdict == Authorizer::Verdict::stands) {
      response.extend(deadline);
      co_return std::move(response);
    }
    (void)co_await response.body(kRefusalBody).result();
  }
}

}  // namespace

Task<net::HttpResponse> send_authorized(net::HttpClient* client, Authorizer* authorizer, net::HttpClientRequest request,
                                        std::stop_token stop, Instant deadline, OnRefusal on_refusal) {
  if (!authorizer) return client->send(request, std::move(stop), deadline);
  return with_credentials(client, authorizer, request, std::move(stop), deadline, on_refusal);
}

}  // namespace sdk
