#include "sdk/http_reply.h"

#include <span>
#include <vector>

namespace sdk {

using net::HttpHeader;

namespace {

// Lets a page of `origin` read an answer (Fetch, "CORS protocol"). What is answered depends on who asks, and caches have to know.
void let_read(std::vector<HttpHeader>& headers, std::string_view origin) {
  if (origin.empty()) return;
  headers.push_back({"Access-Control-Allow-Origin", origin});
  headers.push_back({"Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate, Retry-After"});
  headers.push_back({"Vary", "Origin"});
}

}  // namespace

Task<void> respond_json(net::HttpExchange& exchange, const Answer& answer, std::string_view origin) {
  constexpr HttpHeader kJson{"Content-Type", "application/json"};
  // Nearly always this is all.
  if (answer.retry_after == 0 && origin.empty()) return exchange.respond(answer.status, kJson, answer.message);
  const std::string wait = std::to_string(answer.retry_after);
  std::vector<HttpHeader> headers;
  headers.reserve(5);
  headers.push_back(kJson);
  if (answer.retry_after > 0) headers.push_back({"Retry-After", wait});
  let_read(headers, origin);
  return exchange.respond(answer.status, headers, answer.message);
}

Task<void> open_event_stream(net::HttpExchange& exchange, std::string_view origin) {
  std::vector<HttpHeader> headers;
  headers.push_back({"Content-Type", "text/event-stream"});
  headers.push_back({"Cache-Control", "no-cache"});
  headers.push_back({"X-Accel-Buffering", "no"});
  let_read(headers, origin);
  co_await exchange.open_stream(200, headers);
}

Task<void> respond_empty(net::HttpExchange& exchange, int status, std::string_view origin) {
  std::vector<HttpHeader> headers;
  let_read(headers, origin);
  co_await exchange.respond(status, headers, "");
}

Task<void> respond_preflight(net::HttpExchange& exchange, std::string_view origin) {
  std::vector<HttpHeader> headers;
  headers.push_back({"Access-Control-Allow-Origin", origin});
  headers.push_back({"Access-Control-Allow-Methods", "POST, GET, DELETE"});
  if (auto wanted = exchange.request().find("access-control-request-headers"); wanted && !wanted->empty())
    headers.push_back({"Access-Control-Allow-Headers", *wanted});
  headers.push_back({"Access-Control-Max-Age", "600"});
  headers.push_back({"Vary", "Origin, Access-Control-Request-Headers"});
  co_await exchange.respond(204, headers, "");
}

Task<void> refuse(net::HttpExchange& exchange, protocol::Refusal refusal, std::string_view origin) {
  std::vector<HttpHeader> headers;
  for (const auto& [name, value] : refusal.headers) headers.push_back({name, value});
  let_read(headers, origin);
  co_await exchange.respond(refusal.http_status, headers, refusal.body);
}

Task<void> refuse(net::HttpExchange& exchange, int status, protocol::RpcError error, std::string_view id, std::string_view origin) {
  protocol::Refusal refusal = protocol::refuse(std::move(error), id);
  refusal.http_status = status;
  return refuse(exchange, std::move(refusal), origin);
}

}  // namespace sdk
