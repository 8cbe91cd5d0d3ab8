// An MCP server that searches a folder of Markdown notes: vault_search [FOLDER] [--http HOST:PORT]
#include <mcp/server.h>

#include "notes.h"

struct Search {
  mcp::Arg<std::string, "Words to look for; a note must hold all of them", 1, 500> query;
  mcp::Arg<int, "Most notes to return", 1, 20> limit = 5;
};
struct Hit {
  std::string path, excerpt;
};

class VaultSearch {
 public:
  explicit VaultSearch(std::string folder) : folder_(std::move(folder)) {}

  mcp::Result<std::vector<Hit>> search(Search in, mcp::Call call) {
    std::vector<Hit> hits;
    for (const Note& note : find_notes(folder_, *in.query, static_cast<std::size_t>(*in.limit), call.stop_token()))
      hits.push_back({note.path, note.excerpt});
    return hits;
  }

 private:
  std::string folder_;
};

int main(int argc, char** argv) {
  VaultSearch vault{argc > 1 && argv[1][0] != '-' ? argv[1] : "."};
  mcp::Server server{"vault-search", "1.0"};
  server.tool("search_vault", "Finds notes by words. Returns their paths and three lines around the best match.", vault,
              &VaultSearch::search, {.annotations = {.read_only = true, .open_world = false}, .blocking = true});
  return mcp::run(server, argc, argv);
}
