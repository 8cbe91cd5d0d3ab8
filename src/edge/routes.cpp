#include "edge/routes.h"

#include <vector>

namespace edge {
namespace {

constexpr std::string_view kServerPrefix = "/mcp/s/", kProfilePrefix = "/mcp/p/";

bool readable(std::string_view path) {
  return path == "/" || path == "/healthz" || path == "/readyz" || path == "/metrics" || path == "/budget";
}

}  // namespace

const net::HttpHandler* Routes::find_endpoint(std::string_view path) const {
  if (path == "/mcp") return &parts_.aggregate;
  const bool server = path.starts_with(kServerPrefix);
  if (!server && !path.starts_with(kProfilePrefix)) return nullptr;
  const auto& endpoints = server ? parts_.servers : parts_.profiles;
  auto found = endpoints.find(path.substr(kServerPrefix.size()));
  return found == endpoints.end() ? nullptr : &found->second;
}

// What serves keeps nothing of its handler, which may be replaced meanwhile.
mcp::Task<void> Routes::serve(net::HttpExchange& exchange) {
  if (const net::HttpHandler* endpoint = find_endpoint(exchange.request().path)) return (*endpoint)(exchange);
  return serve_other(exchange);
}

mcp::Task<void> Routes::serve_other(net::HttpExchange& exchange) {
  net::HttpRequest& request = exchange.request();
  if (parts_.peer && request.path.starts_with("/peer/")) {
    const bool taken = co_await parts_.peer(exchange);
    if (taken) co_return;
  }
  Page answer = co_await page(request);
  std::vector<net::HttpHeader> headers{{"Content-Type", answer.type}, {"X-Content-Type-Options", "nosniff"}, {"Cache-Control", "no-store"}};
  if (!answer.allow.empty()) headers.push_back({"Allow", answer.allow});
  co_await exchange.respond(answer.status, std::span<const net::HttpHeader>(headers), answer.body);
}

mcp::Task<Page> Routes::page(net::HttpRequest& request) {
  std::string_view path = request.path;
  if (readable(path) && request.method != "GET" && request.method != "HEAD") co_return read_only_page();
  if (path == "/healthz") co_return health_page();
  if (!parts_.welcome(request)) co_return foreign_page();
  if (path == "/") co_return front_page(parts_.version);
  if (path == "/metrics") co_return metrics_page(parts_.metrics());
  if (path == "/budget" && parts_.usage) co_return usage_page(parts_.usage());
  if (path == "/readyz") {
    mcp::Result<> store = co_await parts_.check_store().result();
    co_return ready_page(parts_.status(), store);
  }
  std::vector<std::string> servers;
  for (const auto& [id, handler] : parts_.servers) servers.push_back(id);
  std::vector<std::string> profiles;
  for (const auto& [name, handler] : parts_.profiles) profiles.push_back(name);
  co_return unknown_page(path, servers, profiles);
}

}  // namespace edge
