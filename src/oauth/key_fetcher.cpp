#include "oauth/key_fetcher.h"

#include "net/url.h"
#include "oauth/url_guard.h"

namespace oauth {

namespace {

net::HttpClientOptions client_options(const std::string& trusted_ca) {
  net::HttpClientOptions options;
  options.extra_ca = trusted_ca;
  options.max_idle = 1;
  return options;
}

net::HttpClientOptions guarded_options(const std::string& trusted_ca) {
  net::HttpClientOptions options = client_options(trusted_ca);
  options.may_connect = [](const net::asio::ip::address& address) { return may_connect(address, Reach::public_addresses); };
  return options;
}

}  // namespace

KeyFetcher::KeyFetcher(Loop& loop, const std::vector<std::string>& issuers, const std::string& trusted_ca)
    : own_(loop, client_options(trusted_ca)), elsewhere_(loop, guarded_options(trusted_ca)) {
  for (const auto& issuer : issuers)
    if (auto url = net::parse_url(issuer)) origins_.insert(url->origin);
}

Fetch KeyFetcher::fetch() {
  return [this, own = fetch_with(own_), elsewhere = fetch_with(elsewhere_)](std::string url, Instant deadline) {
    auto place = net::parse_url(url);
    const Fetch& through = place && origins_.contains(place->origin) ? own : elsewhere;
    return through(std::move(url), deadline);
  };
}

}  // namespace oauth
