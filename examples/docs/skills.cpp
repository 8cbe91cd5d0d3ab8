// A server that publishes the skills in a folder: skills FOLDER [--http HOST:PORT]
#include <mcp/server.h>

int main(int argc, char** argv) {
  mcp::Server server{"skills", "1.0"};
  server.skills(argc > 1 ? argv[1] : "skills");
  return mcp::run(server, argc, argv);
}
