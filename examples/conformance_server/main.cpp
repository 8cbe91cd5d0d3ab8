// The server that the official conformance suite tests: every primitive under the names that the suite wants.
#include <mcp/server.h>

#include "fixture.h"

int main(int argc, char** argv) {
  mcp::Server server{"gatehouse-conformance", "1.0"};
  server.instructions("A server for tests. Its tools do nothing useful.");
  add_content_tools(server);
  add_protocol_tools(server);
  add_asking_tools(server);
  add_task_tools(server);
  add_resources(server);
  add_prompts(server);
  server.skills(EXAMPLE_FOLDER "/skills");
  return mcp::run(server, argc, argv);
}
