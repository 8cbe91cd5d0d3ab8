// The documents that say how to sign in.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "mcp/task.h"
#include "net/http_server.h"

namespace edge {

// Called on the server's loop.
struct SignInDocuments {
  // The JSON document at this path, or nothing; null: there are none.
  std::function<std::optional<std::string>(std::string_view path)> metadata;
};

// Whether such a document may be at this path.
bool is_sign_in_document(std::string_view path);

// Answers with the document, which any page may read, whatever Host was named: nothing in it depends on the request. False, and nothing is
// said, where there is none. Errors: as HttpExchange::respond.
mcp::Task<bool> serve_sign_in_document(const SignInDocuments* parts, net::HttpExchange* exchange);

}  // namespace edge
