// Configs of clients, of each kind: whatever they hold, what comes out is whole.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "app/import/client_servers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    return name == "HOME" ? std::optional<std::string>("/home/you") : std::nullopt;
  };
  for (const char* name : {"/x/.claude.json", "/x/.vscode/mcp.json", "/x/zed/settings.json", "/x/config.toml", "/x/any.json"}) {
    auto file = app::tell_client_file(name, text);
    if (!file) continue;
    auto read = app::parse_client_servers(*file, text, environment, "/x");
    if (!read) continue;
    for (const app::FoundServer& server : read->servers)
      if (server.problem.empty() && server.command.empty() && server.url.empty()) std::abort();
  }
  return 0;
}
