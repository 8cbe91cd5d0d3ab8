#include "trust/registry/client.h"

#include <fmt/format.h>

#include <set>

namespace trust {
namespace {

using mcp::Code;
using mcp::Error;

constexpr std::size_t kPageSize = 100;  // the most that the official registry gives

net::HttpClientOptions client_options(net::ProxyRules proxies) {
  net::HttpClientOptions options;
  options.max_idle = 1;
  options.proxies = std::move(proxies);
  return options;
}

// What a status other than 200 means. `after`: the Retry-After line.
Error refusal(int status, const std::string& origin, std::string_view after) {
  if (status == 404) return {Code::not_found, fmt::format("{} has no such server or version", origin)};
  if (status == 429) {
    // Only a number is repeated; the line could hold anything.
    const bool seconds = !after.empty() && after.size() < 10 && after.find_first_not_of("0123456789") == after.npos;
    return {Code::rate_limited, fmt::format("{} answers 429, too many requests; try again {}", origin,
                                            seconds ? fmt::format("in {} seconds", after) : std::string("later"))};
  }
  return {Code::upstream_failed, fmt::format("{} answers {}", origin, status)};
}

}  // namespace

std::string url_part(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain)
      out += c;
    else
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

RegistryClient::RegistryClient(base::Loop& loop, net::Url base, net::ProxyRules proxies)
    : base_(std::move(base)), client_(loop, client_options(std::move(proxies))) {
  while (base_.target.ends_with('/')) base_.target.pop_back();
}

base::Task<std::string> RegistryClient::get(std::string path, std::stop_token stop) {
  net::Url url = base_;
  url.target += path;
  std::vector<net::HttpHeader> headers;
  headers.push_back({"Accept", "application/json"});
  net::HttpClientRequest request;
  request.url = &url;
  request.headers = headers;
  request.repeat = net::Repeat::harmless;
  net::HttpResponse response = co_await client_.send(request, stop, base::Timers::now() + kPatience);
  if (response.status() != 200) {
    Error error = refusal(response.status(), base_.origin, response.find("retry-after").value_or(""));
    co_return error;
  }
  std::string body = co_await response.body(kLargestAnswer);
  co_return std::move(body);
}

base::Task<RegistryFound> RegistryClient::search(std::string text, std::size_t most, std::stop_token stop) {
  RegistryFound found;
  std::set<std::string> cursors;
  std::string cursor;
  for (std::size_t page = 0; page < kMostPages; ++page) {
    std::string path = fmt::format("/v0.1/servers?search={}&version=latest&limit={}", url_part(text), std::min(most, kPageSize));
    if (!cursor.empty()) path += "&cursor=" + url_part(cursor);
    std::string body = co_await get(std::move(path), stop);
    mcp::Result<RegistryPage> read = parse_registry_page(body);
    if (!read) {
      Error error(Code::upstream_failed, fmt::format("{} answers what makes no sense: {}", base_.origin, read.error().message));
      co_return error;
    }
    found.refused += read->refused;
    for (RegistryServer& server : read->servers) {
      if (found.servers.size() == most) {
        found.more = true;
        co_return std::move(found);
      }
      found.servers.push_back(std::move(server));
    }
    if (read->next_cursor.empty()) co_return std::move(found);
    if (!cursors.insert(read->next_cursor).second) {
      Error error(Code::upstream_failed, fmt::format("{} gives the same page again and again", base_.origin));
      co_return error;
    }
    cursor = std::move(read->next_cursor);
  }
  found.more = true;
  co_return std::move(found);
}

base::Task<RegistryServer> RegistryClient::show(std::string name, std::string version, std::stop_token stop) {
  if (!is_server_name(name)) {
    Error error(Code::invalid_argument,
                fmt::format("\"{}\" is no name of a server; they are written like io.github.owner/name", url_part(name)));
    co_return error;
  }
  std::string path = fmt::format("/v0.1/servers/{}/versions/{}?include_deleted=true", url_part(name), url_part(version));
  std::string body = co_await get(std::move(path), stop);
  mcp::Result<RegistryServer> read = parse_registry_server(body);
  if (!read) {
    Error error(Code::upstream_failed, fmt::format("{} answers what makes no sense: {}", base_.origin, read.error().message));
    co_return error;
  }
  // An answer about something else is no answer.
  if (read->name != name || (version != "latest" && read->version != version)) {
    Error error(Code::upstream_failed,
                fmt::format("{} was asked for {} {} and answers {} {}", base_.origin, name, version, read->name, read->version));
    co_return error;
  }
  co_return *std::move(read);
}

}  // namespace trust
