// The web console: its files, and signing in to it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/record.h"
#include "gateway/admin/console_gate.h"
#include "mcp/task.h"
#include "net/http_server.h"

namespace edge {

inline constexpr std::string_view kConsolePrefix = "/console/";

// What the console asks. Called on the server's loop; outlives the routes.
struct ConsoleParts {
  // The name of the role that this caller has, or nothing. Null: somebody who need not sign in, whose request it is.
  std::function<std::string(const base::Principal* who, const net::HttpRequest& request)> role;
  std::shared_ptr<gateway::ConsoleGate> gate;  // null: nobody signs in
  // Whether browsers reach the gateway by https, so that the cookie is for https alone.
  enum class Cookie { plain, secure };
  std::function<Cookie()> cookie;
};

// Answers a request for `/console` or below. Everything it says stays on this host: no script, style, frame or request of another one is
// allowed. Errors: as HttpExchange::respond.
mcp::Task<void> serve_console(const ConsoleParts* parts, net::HttpExchange* exchange);

}  // namespace edge
