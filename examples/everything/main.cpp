// An MCP server with every primitive: everything [--http HOST:PORT]
#include "shop.h"

int main(int argc, char** argv) {
  Shelf shelf = {
      {"sencha", {"sencha", "green", "grass and sea", 500, 2}},
      {"darjeeling", {"darjeeling", "black", "muscat", 300, 3}},
      {"rooibos", {"rooibos", "red", "honey", 800, 7}},
  };
  mcp::Server server{"everything", "1.0"};
  server.title("A tea shop").instructions("Open a basket before you put tea into it. The skill 'brewing' says how each tea is made.");
  add_baskets(server, shelf);  // tools with structured results, handles, a form for the user
  add_shelf(server, shelf);    // resources, a template, completion, subscriptions
  add_kitchen(server, shelf);  // progress, logging, cancellation, a task, images, audio and links
  add_talk(server, shelf);     // prompts, the client's model, the client's folders
  server.skills(EXAMPLE_FOLDER "/skills");
  return mcp::run(server, argc, argv);
}
