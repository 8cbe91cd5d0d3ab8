#include "sdk/http_reply.h"

#include <span>
#include <vector>

namespace sdk {

using net::HttpHeader;

Task<void> respond_json(net::HttpExchange& exchange, const Answer& answer, std::string_view origin) {
  const HttpHeader headers[] = {{"Content-Type", "application/json"},
                                {"Access-Control-Allow-Origin", origin},
                                {"Access-Control-Expose-Headers", "Mcp-Session-Id"},
                                {"Vary", "Origin"}};
  std::span<const HttpHeader> lines(headers, origin.empty() ? 1 : 4);
  (void)co_await exchange.respond(answer.status, lines, answer.message).result();
}

Task<void> open_event_stream(net::HttpExchange& exchange, std::string_view origin) {
  const HttpHeader headers[] = {{"Content-Type", "text/event-stream"},
                                {"Cache-Control", "no-cache"},
                                {"X-Accel-Buffering", "no"},
                                {"Access-Control-Allow-Origin", origin},
                                {"Vary", "Origin"}};
  std::span<const HttpHeader> lines(headers, origin.empty() ? 3 : 5);
  co_await exchange.open_stream(200, lines);
}

Task<void> refuse(net::HttpExchange& exchange, protocol::Refusal refusal) {
  std::vector<HttpHeader> headers;
  for (const auto& [name, value] : refusal.headers) headers.push_back({name, value});
  co_await exchange.respond(refusal.http_status, headers, refusal.body);
}

Task<void> refuse(net::HttpExchange& exchange, int status, protocol::RpcError error, std::string_view id) {
  protocol::Refusal refusal = protocol::refuse(std::move(error), id);
  refusal.http_status = status;
  co_await refuse(exchange, std::move(refusal));
}

}  // namespace sdk
