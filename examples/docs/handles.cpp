// A server that remembers between calls, without sessions: handles.cpp [--keep FILE] [--http HOST:PORT]
#include <mcp/handles.h>
#include <mcp/server.h>

#include <cstdio>

struct List {
  std::string title;
  std::vector<std::string> items;
};
struct NewList {
  mcp::Arg<std::string, "What the list is for", 1, 80> title;
};
struct Opened {
  std::string list_id;
};
struct Item {
  mcp::Arg<std::string, "The list, from open_list"> list_id;
  mcp::Arg<std::string, "What to add", 1, 200> item;
};
struct Which {
  mcp::Arg<std::string, "The list, from open_list"> list_id;
};

int main(int argc, char** argv) {
  mcp::HandleOptions options{.ttl = std::chrono::hours(24), .remedy = "call open_list for a new one"};
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string_view(argv[i]) != "--keep") continue;
    auto file = mcp::open_handle_file(argv[i + 1]);
    if (!file) {
      std::fprintf(stderr, "%s\n", file.error().message.c_str());
      return 1;
    }
    options.store = *file;
  }
  mcp::Handles<List> lists{"list", options};

  mcp::Server server{"lists", "1.0"};
  server.tool("open_list", "Opens a list.", [&](NewList in, mcp::Call call) -> mcp::Result<Opened> {
    auto id = lists.make(call, List{*in.title, {}});
    if (!id) return id.error();
    return Opened{*id};
  });
  server.tool("add", "Adds to a list.", [&](Item in, mcp::Call call) {
    auto add = [&](List& list) { list.items.push_back(*in.item); };
    return lists.change(call, *in.list_id, add);
  });
  server.tool("show", "Shows a list.", [&](Which in, mcp::Call call) { return lists.get(call, *in.list_id); });
  server.tool("close", "Throws a list away.", [&](Which in, mcp::Call call) -> mcp::Result<std::string> {
    if (auto dropped = lists.drop(call, *in.list_id); !dropped) return dropped.error();
    return std::string("gone");
  });
  return mcp::run(server, argc, argv);
}
