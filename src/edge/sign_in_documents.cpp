#include "edge/sign_in_documents.h"

namespace edge {

bool is_sign_in_document(std::string_view path) {
  return path.starts_with("/.well-known/oauth-") || path.starts_with("/.well-known/openid-");
}

mcp::Task<bool> serve_sign_in_document(const SignInDocuments* parts, net::HttpExchange* exchange) {
  const std::optional<std::string> document = parts->metadata(exchange->request().path);
  if (!document) co_return false;
  const std::string_view method = exchange->request().method;
  const bool reads = method == "GET" || method == "HEAD", asks = method == "OPTIONS";
  const net::HttpHeader headers[] = {{"Access-Control-Allow-Origin", "*"},
                                     {"Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"},
                                     {"Access-Control-Allow-Headers", "MCP-Protocol-Version"},
                                     {"Allow", "GET, HEAD, OPTIONS"},
                                     {"X-Content-Type-Options", "nosniff"},
                                     {"Cache-Control", "public, max-age=300"},
                                     {"Content-Type", "application/json"}};
  std::span<const net::HttpHeader> lines(headers);
  std::string_view body;
  if (reads) body = *document;
  if (!reads) lines = lines.first(4);
  co_await exchange->respond(reads ? 200 : asks ? 204 : 405, lines, body);
  co_return true;
}

}  // namespace edge
