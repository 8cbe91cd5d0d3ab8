#include "oauth/fetcher.h"

namespace oauth {
namespace {

net::HttpClientOptions client_options(Reach reach, std::string extra_ca, const FetchLimits& limits) {
  net::HttpClientOptions options;
  options.connect_time = limits.time;
  options.max_idle = 2;
  options.extra_ca = std::move(extra_ca);
  options.may_connect = [reach](const boost::asio::ip::address& address) { return may_connect(address, reach); };
  return options;
}

std::string type_of(const net::HttpResponse& response) {
  std::string_view value = response.find("content-type").value_or("");
  std::string out(value.substr(0, value.find_first_of("; \t")));
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

}  // namespace

Fetcher::Fetcher(Loop& loop, Reach reach, std::string extra_ca, FetchLimits limits)
    : reach_(reach), limits_(limits), client_(loop, client_options(reach, std::move(extra_ca), limits)) {}

Task<Fetched> Fetcher::get(std::string url, std::stop_token stop) {
  FetchHeaders headers;
  return send("GET", std::move(url), std::move(headers), {}, std::move(stop));
}

Task<Fetched> Fetcher::post(std::string url, std::string type, std::string body, FetchHeaders headers, std::stop_token stop) {
  headers.emplace_back("Content-Type", std::move(type));
  return send("POST", std::move(url), std::move(headers), std::move(body), std::move(stop));
}

Task<Fetched> Fetcher::send(std::string_view method, std::string url, FetchHeaders headers, std::string body, std::stop_token stop) {
  net::Url place = co_await guarded_url(url, reach_);
  std::vector<net::HttpHeader> lines;
  lines.reserve(headers.size() + 1);
  lines.push_back({"Accept", "application/json"});
  for (const auto& [name, value] : headers) lines.push_back({name, value});
  net::HttpClientRequest request;
  request.method = method;
  request.url = &place;
  request.headers = lines;
  request.body = body;
  if (method == "GET") request.repeat = net::Repeat::harmless;
  const base::Instant deadline = base::Timers::now() + limits_.time;
  net::HttpResponse response = co_await client_.send(request, stop, deadline);
  Fetched out;
  out.status = response.status();
  out.type = type_of(response);
  out.dpop_nonce = response.find("dpop-nonce").value_or("");
  if (out.status >= 300 && out.status < 400)
    co_return Error(Code::upstream_failed, place.origin + " answered with a redirect, which is not followed here");
  out.body = co_await response.body(limits_.bytes);
  co_return std::move(out);
}

}  // namespace oauth
