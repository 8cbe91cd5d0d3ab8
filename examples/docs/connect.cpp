// A client that shows what a server offers: connect URL
#include <mcp/client.h>

#include <cstdio>

mcp::Task<void> show(std::string url) {
  mcp::Client client = co_await mcp::Client::open_http(url);  // finds out which revision the server speaks
  for (const auto& tool : co_await client.list_tools()) std::puts(tool.name.c_str());
  co_await client.close();
}

int main(int argc, char** argv) {
  auto shown = mcp::block_on(show(argc > 1 ? argv[1] : "http://127.0.0.1:8811/mcp"));
  if (!shown) std::fprintf(stderr, "%s\n", shown.error().message.c_str());
  return shown ? 0 : 1;
}
