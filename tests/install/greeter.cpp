// A server and a client in one small program: the server without arguments, `greeter --client PROGRAM` asks it.
#include <mcp/client.h>
#include <mcp/server.h>

#include <cstdio>

struct Who {
  mcp::Arg<std::string, "Whom to greet"> name;
};

mcp::Task<void> ask(std::string program) {
  std::vector<std::string> command{program};
  mcp::Client client = co_await mcp::Client::open_command(command);
  mcp::ToolResult result = co_await client.call_tool("greet", R"({"name":"Ada"})");
  std::puts(std::get<mcp::Text>(result.content.at(0)).text.c_str());
  co_await client.close();
}

int main(int argc, char** argv) {
  if (argc > 2) {
    auto done = mcp::block_on(ask(argv[2]));
    if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
    return done ? 0 : 1;
  }
  mcp::Server server{"greeter", "1.0"};
  server.tool("greet", "Greets somebody.", [](Who in) { return "Hello, " + *in.name + "!"; });
  return mcp::run(server, argc, argv);
}
