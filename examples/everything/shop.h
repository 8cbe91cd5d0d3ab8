// A tea shop, to show every primitive of MCP with something to do.
#pragma once

#include <mcp/server.h>

#include <map>
#include <string>

struct Tea {
  std::string name, kind, notes;
  int grams = 0;  // in stock
  int minutes = 0;
};

// The shop's shelf. Handlers run on one thread: no locks.
using Shelf = std::map<std::string, Tea>;

void add_baskets(mcp::Server& server, Shelf& shelf);
void add_shelf(mcp::Server& server, Shelf& shelf);
void add_kitchen(mcp::Server& server, Shelf& shelf);
void add_talk(mcp::Server& server, Shelf& shelf);
