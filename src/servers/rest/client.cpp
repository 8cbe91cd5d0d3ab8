#include "servers/rest/client.h"

#include <fmt/format.h>

#include <utility>

#include "oauth/url_guard.h"
#include "servers/rest/answers.h"
#include "servers/rest/text.h"

namespace servers::rest {
namespace {

enum class OwnMachine { allowed, refused };

OwnMachine own_machine(const std::string& base_url) {
  auto url = net::parse_url(base_url);
  return url && oauth::names_this_machine(url->host) ? OwnMachine::allowed : OwnMachine::refused;
}

net::HttpClientOptions http_options(const ClientOptions& options) {
  net::HttpClientOptions out;
  out.connect_time = std::min(options.time, Millis(10'000));
  out.max_idle = 8;
  out.extra_ca = options.extra_ca;
  out.proxies = options.proxies;
  out.max_redirects = 3;
  const OwnMachine own = own_machine(options.base_url);
  out.may_connect = [own](const boost::asio::ip::address& address) {
    switch (oauth::place_of(address)) {
      case oauth::Place::everywhere:
      case oauth::Place::private_net: return true;
      case oauth::Place::loopback: return own == OwnMachine::allowed;
      case oauth::Place::special: return false;
    }
    return false;
  };
  return out;
}

bool may_repeat(const Request& request) {
  if (request.again != Again::by_method) return request.again == Again::safe;
  for (std::string_view method : {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
    if (request.method == method) return true;
  return false;
}

}  // namespace

Client::Client(base::Loop& loop, ClientOptions options)
    : loop_(loop),
      options_(std::move(options)),
      http_(std::make_unique<net::HttpClient>(loop, http_options(options_))),
      cache_(options_.cache) {}

Client::~Client() = default;

base::Task<Answer> Client::fetch(Request request, std::stop_token stop) {
  net::Url url = co_await net::parse_url(request.url);
  for (const auto& [name, value] : request.headers)
    if (!fits_a_header(value))
      co_return Error(Code::invalid_argument, fmt::format("the value for '{}' has a control character in it", name));
  const base::Instant deadline = base::Timers::now() + options_.time;
  for (int attempt = 1;; ++attempt) {
    Result<Answer> answer = co_await once(&request, &url, stop, deadline).result();
    std::optional<Millis> wait = pause(request, answer, attempt);
    if (!wait || stop.stop_requested() || base::Timers::now() + *wait >= deadline) {
      if (!answer) co_return Error(answer.error().code, without_secrets(answer.error().message, request));
      co_return std::move(answer);
    }
    co_await loop_.timers().sleep(*wait, stop);
  }
}

base::Task<Answer> Client::fetch_known(Request request, std::stop_token stop) {
  const std::string key = EtagCache::key_of(request);
  const std::string tag = cache_.tag(key);
  if (!tag.empty()) request.headers.emplace_back("If-None-Match", tag);
  Answer answer = co_await fetch(std::move(request), std::move(stop));
  if (answer.status == 304)
    if (const Answer* known = cache_.find(key)) {
      answer.status = known->status;
      answer.body = known->body;
      for (std::string_view name : {"content-type", "link"})
        if (auto value = known->find(name); value && !answer.find(name)) answer.headers.emplace_back(name, *value);
      co_return std::move(answer);
    }
  cache_.put(key, answer);
  co_return std::move(answer);
}

base::Task<Answer> Client::once(const Request* request, const net::Url* url, std::stop_token stop, base::Instant deadline) {
  std::vector<net::HttpHeader> lines;
  lines.reserve(request->headers.size() + request->secrets.size() + 2);
  lines.push_back({"User-Agent", options_.agent});
  bool accepts = false;
  for (const auto& [name, value] : request->headers) {
    accepts = accepts || net::same_header(name, "accept");
    lines.push_back({name, value});
  }
  if (!accepts) lines.push_back({"Accept", "application/json"});
  for (const auto& [name, value] : request->secrets) lines.push_back({name, value.reveal()});
  net::HttpClientRequest what;
  what.method = request->method;
  what.url = url;
  what.headers = lines;
  what.body = request->body;
  if (may_repeat(*request)) what.repeat = net::Repeat::harmless;
  net::HttpResponse response = co_await http_->send(what, std::move(stop), deadline);
  Answer out;
  out.status = response.status();
  out.origin = url->origin;
  for (const net::HttpHeader& header : response.headers()) out.headers.emplace_back(lower(header.name), header.value);
  out.body = co_await response.body(options_.most_bytes);
  co_return std::move(out);
}

std::optional<Millis> Client::pause(const Request& request, const Result<Answer>& answer, int attempt) const {
  if (attempt >= options_.tries || !may_repeat(request)) return std::nullopt;
  const Millis usual{200 << attempt};
  if (!answer) {
    const bool passing = answer.error().code == Code::unavailable || answer.error().code == Code::upstream_failed;
    return passing ? std::optional(usual) : std::nullopt;
  }
  const int status = answer->status;
  if (status != 429 && status != 502 && status != 503 && status != 504) return std::nullopt;
  const Millis wait = retry_after(*answer, std::chrono::system_clock::now()).value_or(usual);
  return wait <= options_.longest_wait ? std::optional(wait) : std::nullopt;
}

}  // namespace servers::rest
