#include "app/import/sign_in_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/json.h"
#include "base/loop.h"
#include "net/http_client.h"
#include "net/url.h"

namespace app {
namespace {

constexpr base::Millis kPatience{3'000};
constexpr base::Millis kPatienceForAll{10'000};
constexpr int kUnauthorized = 401;

// The address to ask; nothing where it is not known yet, or a credential goes with it.
std::optional<net::Url> open_address(const PlannedServer& server) {
  if (server.fate != PlannedServer::Fate::taken || !server.secrets.empty()) return std::nullopt;
  std::optional<net::Url> out;
  for (const auto& [key, value] : server.entry.keys) {
    if (key == "headers" && (value.find("${") != std::string::npos || value.find("uthorization") != std::string::npos)) return std::nullopt;
    if (key != "url") continue;
    const std::string url = base::json_string(value).value_or("");
    if (url.find("${") != std::string::npos) return std::nullopt;
    if (auto parsed = net::parse_url(url)) out = *std::move(parsed);
  }
  return out;
}

base::Task<int> ask(net::HttpClient* client, const net::Url* url, base::Instant deadline) {
  constexpr std::string_view kPing = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  std::vector<net::HttpHeader> lines;
  lines.push_back({"Content-Type", "application/json"});
  lines.push_back({"Accept", "application/json, text/event-stream"});
  net::HttpClientRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = lines;
  request.body = kPing;
  request.repeat = net::Repeat::harmless;
  net::HttpResponse response = co_await client->send(request, {}, deadline);
  co_return response.status();
}

}  // namespace

std::vector<std::string> add_sign_ins(ImportPlan& plan, net::ProxyRules proxies) {
  std::vector<std::string> out;
  base::Loop loop;
  net::HttpClientOptions options;
  options.proxies = std::move(proxies);
  net::HttpClient client(loop, std::move(options));
  const base::Instant end = base::Timers::now() + kPatienceForAll;
  for (PlannedServer& server : plan.servers) {
    const auto url = open_address(server);
    if (!url) continue;
    auto status = loop.block_on(ask(&client, &*url, std::min(end, base::Timers::now() + kPatience)));
    if (!status || *status != kUnauthorized) continue;
    server.entry.keys.emplace_back("auth", "{ oauth: per-user }");
    out.push_back(
        fmt::format("{0} wants a sign-in: each caller is led there by their first call, or by gatehouse login {0}", server.entry.id));
    server.notes.push_back(out.back());
  }
  return out;
}

}  // namespace app
