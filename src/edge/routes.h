// Which path goes where.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "edge/approval_page.h"
#include "edge/console.h"
#include "edge/pages.h"
#include "edge/sign_in_documents.h"
#include "edge/sign_in_page.h"
#include "edge/token_page.h"
#include "mcp/task.h"
#include "net/http_server.h"
#include "oauth/resource_server.h"

namespace edge {

// What the routes lead to. Everything in it is called on the server's loop and outlives the Routes.
struct RouteParts {
  std::string version;
  net::HttpHandler aggregate;                                     // /mcp
  std::map<std::string, net::HttpHandler, std::less<>> servers;   // /mcp/s/<id>
  std::map<std::string, net::HttpHandler, std::less<>> profiles;  // /mcp/p/<name>
  std::function<gateway::Status()> status;
  std::function<mcp::Task<void>()> check_store;  // ends with an Error when the store does not work; must not block
  std::function<std::string()> metrics;          // the exposition text
  std::function<std::string()> usage;            // tokens spent, as JSON text; null: that page is not there
  // What other instances send, below /peer/: false when it is not from one. Null where there are none.
  std::function<mcp::Task<bool>(net::HttpExchange&)> peer;
  // A webhook for the built-in server of this id, POSTed to /hooks/<id>; null: there are none.
  std::function<Page(std::string_view server, const net::HttpRequest&)> hook;
  std::function<bool(const net::HttpRequest&)> welcome;  // Host and Origin are ours; MCP paths ask this themselves
  // Whether this may see what is for operators: numbers, servers and their errors. Null: everybody may.
  ConsoleParts console;  // without a role function: there is none
  std::function<mcp::Task<oauth::Verdict>(const net::HttpRequest*)> trusted;
  ApprovalParts approvals;                         // without functions: there are none
  SignInDocuments documents;                       // without functions: nobody signs in with tokens
  TokenParts tokens;                               // without a mint: none are made
  SignInParts sign_ins;                            // without functions: there are none
  std::function<mcp::Task<void>()> store_changed;  // a command of this machine has changed the store; null: nobody cares
};

// Where a command says, through the socket beside the store, that it has changed the store.
inline constexpr std::string_view kStoreChanged = "/store-changed";

// The route table of `serve`.
// Threads: the server's loop.
class Routes {
 public:
  explicit Routes(RouteParts parts) : parts_(std::move(parts)) {}

  // From now on these are the endpoints of the servers and of the profiles.
  using Endpoints = std::map<std::string, net::HttpHandler, std::less<>>;
  void lead_to(Endpoints servers, Endpoints profiles) {
    parts_.servers = std::move(servers);
    parts_.profiles = std::move(profiles);
  }

  // Answers one exchange. Errors: as HttpExchange::respond.
  mcp::Task<void> serve(net::HttpExchange& exchange);

 private:
  // The MCP endpoint at `path`, or null.
  const net::HttpHandler* find_endpoint(std::string_view path) const;
  mcp::Task<void> serve_other(net::HttpExchange& exchange);
  mcp::Task<Page> page(net::HttpRequest& request);

  RouteParts parts_;
};

}  // namespace edge
