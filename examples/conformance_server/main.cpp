// The server that the official conformance suite tests: every primitive under the names that the suite wants.
#include <mcp/server.h>

#include <cstdlib>
#include <string_view>

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
  // `--page-size N`: short pages, for tests of lists.
  for (int i = 1; i + 1 < argc; ++i)
    if (std::string_view(argv[i]) == "--page-size") server.page_size(std::strtoul(argv[i + 1], nullptr, 10));
  return mcp::run(server, argc, argv);
}
