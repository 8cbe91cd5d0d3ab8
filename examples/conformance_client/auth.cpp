// The scenarios about signing in: a client that obtains its tokens by itself, with a person who says yes to everything.
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "scenarios.h"

namespace {

using mcp::Code;
using mcp::Error;
using mcp::Task;

// The suite knows this document without fetching it.
constexpr const char* kClientDocument = "https://conformance-test.local/client-metadata.json";
constexpr const char* kRedirect = "http://localhost:3000/callback";

// The Location of the answer to a GET; the servers of the suite are on this machine and speak plain HTTP.
mcp::Result<std::string> redirect_of(std::string_view url) {
  auto failed = [&](const char* what) { return Error(Code::unavailable, std::string(what) + " " + std::string(url)); };
  if (!url.starts_with("http://")) return failed("not plain HTTP:");
  std::string_view rest = url.substr(7);
  std::string_view authority = rest.substr(0, rest.find('/'));
  std::string target(rest.substr(authority.size()));
  std::string host(authority.substr(0, authority.find(':')));
  std::string port(authority.size() > host.size() ? authority.substr(host.size() + 1) : "80");

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &raw) != 0) return failed("no address for");
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(raw, ::freeaddrinfo);
  int socket = -1;
  for (const addrinfo* one = addresses.get(); one && socket < 0; one = one->ai_next) {
    socket = ::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
    if (socket >= 0 && ::connect(socket, one->ai_addr, one->ai_addrlen) != 0) {
      ::close(socket);
      socket = -1;
    }
  }
  if (socket < 0) return failed("cannot connect to");
  timeval ten{10, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &ten, sizeof ten);
  std::string request = "GET " + target + " HTTP/1.1\r\nHost: " + std::string(authority) + "\r\nConnection: close\r\n\r\n";
  std::string answer;
  char buffer[4096];
  if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()))
    for (ssize_t n; answer.size() < 65536 && (n = ::recv(socket, buffer, sizeof buffer, 0)) > 0;)
      answer.append(buffer, static_cast<std::size_t>(n));
  ::close(socket);
  for (std::string_view name : {"\r\nLocation: ", "\r\nlocation: "})
    if (auto at = answer.find(name); at != answer.npos)
      return answer.substr(at + name.size(), answer.find("\r\n", at + name.size()) - at - name.size());
  return failed("no redirect from");
}

Task<std::string> say_yes(std::string url) { co_return redirect_of(url); }

std::string text(const mcp::Json& context, std::string_view name) { return std::string(context[name].string_or("")); }

mcp::OAuthClient client_of(const mcp::Json& context) {
  mcp::OAuthClient client;
  client.issuer = text(context, "issuer");
  client.id = text(context, "client_id");
  client.secret = text(context, "client_secret");
  client.private_key_pem = text(context, "private_key_pem");
  return client;
}

Task<std::string> given(std::string value) { co_return value; }

mcp::OAuth auth_for(const std::string& scenario, const mcp::Json& context) {
  mcp::OAuth auth;
  auth.reach = mcp::OAuth::Reach::loopback_too;
  auth.client_name = "conformance client";
  auth.client_metadata_url = kClientDocument;
  auth.sign_in.redirect_uri = kRedirect;
  auth.sign_in.visit = [](std::string url, std::stop_token) { return say_yes(std::move(url)); };
  if (!text(context, "client_id").empty()) auth.clients.push_back(client_of(context));
  if (scenario.starts_with("auth/client-credentials-")) {
    auth.grant = mcp::OAuth::Grant::client_credentials;
  } else if (!text(context, "idp_id_token").empty()) {
    auth.grant = mcp::OAuth::Grant::enterprise;
    auth.enterprise.issuer = text(context, "idp_issuer");
    auth.enterprise.token_endpoint = text(context, "idp_token_endpoint");
    auth.enterprise.client.id = text(context, "idp_client_id");
    auth.enterprise.id_token = [token = text(context, "idp_id_token")] { return given(token); };
  } else if (scenario == "auth/wif-jwt-bearer") {
    auth.grant = mcp::OAuth::Grant::workload;
    auth.workload_token = [token = text(context, "valid_jwt")](const std::string&) { return given(token); };
  }
  return auth;
}

}  // namespace

mcp::Task<void> run_auth(std::string url, std::string scenario, mcp::Json context) {
  mcp::ClientOptions options = suite_options();
  options.auth = auth_for(scenario, context);
  mcp::Client client = co_await mcp::Client::open_http(std::move(url), std::move(options));
  (void)co_await client.list_tools();
  // One tool wants more scopes than the list does.
  (void)co_await client.call_tool("test-tool");
  co_await client.close();
}
