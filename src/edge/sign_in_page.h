// The pages on a person's way to the sign-in of a server, and back.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "mcp/task.h"
#include "net/http_server.h"

namespace edge {

inline constexpr std::string_view kConnectPrefix = "/oauth/connect/";
inline constexpr std::string_view kCallbackPath = "/oauth/callback";
inline constexpr std::string_view kClientPath = "/.well-known/gatehouse-client";

// For whom somebody signs in, and where.
struct SignInVisitor {
  std::string server;
  std::string caller;
};

// What the pages ask. Called on the server's loop.
struct SignInParts {
  // Who is let in by this link; an empty one may be that of the one caller there is. Errors: denied, not_found.
  std::function<mcp::Result<SignInVisitor>(std::string_view server, std::string_view link)> read;
  // Where they have to go; empty: nowhere, they are signed in. `browser` is the secret that this browser will come back with.
  std::function<mcp::Task<std::string>(SignInVisitor visitor, std::string browser)> begin;
  // They came back to this target; gives the server that they are signed in to now.
  std::function<mcp::Task<std::string>(std::string target, std::string browser)> returned;
  std::function<std::string()> document;  // the Client ID Metadata Document; empty: there is none
  std::function<std::string()> secret;    // a fresh one, that nobody guesses
};

bool is_sign_in(std::string_view path);

// Answers a request for one of these paths. Reading a link changes nothing, as programs look at links before people do; a form begins.
// Errors: as HttpExchange::respond.
mcp::Task<void> serve_sign_in(const SignInParts* parts, net::HttpExchange* exchange);

// The secret of the browser in a Cookie line, where it has one that is of our making; else empty.
std::string find_browser(std::string_view cookies);

}  // namespace edge
