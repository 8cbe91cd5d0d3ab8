// A program that signs in as itself, without a person: machine [--local] URL
// Who it is stands in its environment: CLIENT_ID, and CLIENT_SECRET or the private key CLIENT_KEY (PEM).
#include <mcp/auth.h>
#include <mcp/client.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

mcp::Task<void> list(std::string url, mcp::ClientOptions options) {
  mcp::Client client = co_await mcp::Client::open_http(url, std::move(options));
  for (const auto& tool : co_await client.list_tools()) std::printf("%s\n", tool.name.c_str());
  co_await client.close();
}

int main(int argc, char** argv) {
  const bool local = argc > 1 && std::string_view(argv[1]) == "--local";
  const int at = local ? 2 : 1;
  if (argc <= at) return 2;
  mcp::OAuthClient me;
  me.id = variable("CLIENT_ID");
  me.secret = variable("CLIENT_SECRET");
  me.private_key_pem = variable("CLIENT_KEY");
  mcp::OAuth auth;
  auth.grant = mcp::OAuth::Grant::client_credentials;
  auth.clients = {me};
  if (local) auth.reach = mcp::OAuth::Reach::loopback_too;
  mcp::ClientOptions options;
  options.auth = auth;
  auto listed = mcp::block_on(list(argv[at], options));
  if (!listed) std::fprintf(stderr, "%s\n", listed.error().message.c_str());
  return listed ? 0 : 1;
}
