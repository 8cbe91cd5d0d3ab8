#include "edge/routes.h"

#include <vector>

namespace edge {
namespace {

constexpr std::string_view kServerPrefix = "/mcp/s/", kProfilePrefix = "/mcp/p/", kHookPrefix = "/hooks/";

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
  const bool console = parts_.console.role && (request.path.starts_with(kConsolePrefix) || request.path == "/console");
  if (console && parts_.welcome(request)) {
    co_await serve_console(&parts_.console, &exchange);
    co_return;
  }
  const bool approval = parts_.approvals.find && request.path.starts_with(kApprovalPrefix);
  if (parts_.documents.metadata && is_sign_in_document(request.path)) {
    const bool taken = co_await serve_sign_in_document(&parts_.documents, &exchange);
    if (taken) co_return;
  }
  const bool token = parts_.tokens.mint && (request.path == kJwksPath || request.path == kTokenPath);
  if (approval && parts_.welcome(request)) {
    co_await serve_approval(&parts_.approvals, &exchange);
    co_return;
  }
  if (token && parts_.welcome(request)) {
    co_await serve_tokens(&parts_.tokens, &exchange);
    co_return;
  }
  if (parts_.sign_ins.begin && is_sign_in(request.path) && parts_.welcome(request)) {
    co_await serve_sign_in(&parts_.sign_ins, &exchange);
    co_return;
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
  if (parts_.hook && path.starts_with(kHookPrefix)) {
    if (request.method != "POST") co_return post_only_page();
    co_return parts_.hook(path.substr(kHookPrefix.size()), request);
  }
  if (path == "/") co_return front_page(parts_.version);
  // Only the socket beside the store has no address: who reaches it owns the store.
  if (path == kStoreChanged && request.peer_address.empty() && parts_.store_changed) {
    co_await parts_.store_changed();
    co_return health_page();
  }
  bool trusted = !parts_.trusted;
  if (parts_.trusted && path != "/") {
    const oauth::Verdict verdict = co_await parts_.trusted(&request);
    trusted = verdict.index() == 0;
  }
  if (!trusted && (path == "/metrics" || path == "/budget")) co_return unsigned_page();
  if (path == "/metrics") co_return metrics_page(parts_.metrics());
  if (path == "/budget" && parts_.usage) co_return usage_page(parts_.usage());
  if (path == "/readyz") {
    mcp::Result<> store = co_await parts_.check_store().result();
    co_return trusted ? ready_page(parts_.status(), store) : bare_ready_page(parts_.status(), store);
  }
  if (!trusted) co_return unknown_page(path, {});
  std::vector<std::string> servers;
  for (const auto& [id, handler] : parts_.servers) servers.push_back(id);
  std::vector<std::string> profiles;
  for (const auto& [name, handler] : parts_.profiles) profiles.push_back(name);
  co_return unknown_page(path, servers, profiles);
}

}  // namespace edge
