// The server that script/bench holds against bench/sdk_server.mjs: the same tools, by this SDK.
#include <mcp/server.h>

struct Echo {
  mcp::Arg<std::string, "What to say"> text;
};
struct Search {
  mcp::Arg<std::string, "What to look for", 1, 200> query;
  mcp::Arg<std::int64_t, "How many", 1, 100> limit = 10;
  mcp::Arg<std::vector<std::string>, "Only with these", 0, 20> tags = std::vector<std::string>{};
};

int main(int argc, char** argv) {
  mcp::Server server{"bench", "1.0"};
  server.tool("echo", "Says it again.", [](Echo in) { return *in.text; });
  for (int i = 0; i < 9; ++i)
    server.tool("search_" + std::to_string(i), "Searches one of nine shelves.", [](Search in) { return "nothing about " + *in.query; });
  return mcp::run(server, argc, argv);
}
