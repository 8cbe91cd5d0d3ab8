// A client that signs in by itself where a server wants it: sign_in [--local] URL [DOCUMENT-URL]
// Calls the tools that are named on its standard input, one a line.
#include <mcp/auth.h>
#include <mcp/client.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>

mcp::Task<void> talk(std::string url, mcp::ClientOptions options) {
  mcp::Client client = co_await mcp::Client::open_http(url, std::move(options));
  for (const auto& tool : co_await client.list_tools()) std::printf("%s\n", tool.name.c_str());
  std::fflush(stdout);
  for (std::string name; std::getline(std::cin, name);) {
    mcp::Result<mcp::ToolResult> result = co_await client.call_tool(name).result();
    std::printf("%s: %s\n", name.c_str(), result ? "called" : result.error().message.c_str());
    std::fflush(stdout);
  }
  co_await client.close();
}

int main(int argc, char** argv) {
  const bool local = argc > 1 && std::string_view(argv[1]) == "--local";
  const int at = local ? 2 : 1;
  if (argc <= at) return 2;
  mcp::OAuth auth;
  auth.sign_in = mcp::terminal_sign_in();
  if (argc > at + 1) auth.client_metadata_url = argv[at + 1];
  if (local) auth.reach = mcp::OAuth::Reach::loopback_too;
  auth.on_deprecated = [](std::string_view what) { std::fprintf(stderr, "deprecated: %s\n", std::string(what).c_str()); };
  mcp::ClientOptions options;
  options.auth = auth;
  auto talked = mcp::block_on(talk(argv[at], options));
  if (!talked) std::fprintf(stderr, "%s\n", talked.error().message.c_str());
  return talked ? 0 : 1;
}
