// The servers that a client's config names, in one form for all clients.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/import/client_files.h"
#include "mcp/result.h"

namespace app {

// One server as a client has it. Values are written as gatehouse.yaml writes them: `${env:NAME}` refers to the environment, and `$${` is a
// plain `${`.
struct FoundServer {
  enum class Way { stdio, http, sse };
  std::string name;
  ClientKind client = ClientKind::claude_desktop;
  std::string file;
  std::vector<std::string> path;  // to the object in the file that has it by its name
  Way way = Way::stdio;
  std::vector<std::string> command;  // the program first
  std::string cwd;
  std::string url;
  std::vector<std::pair<std::string, std::string>> values;  // of the environment, or headers
  std::vector<std::string> include, exclude;                // tools
  bool enabled = true;
  std::string problem;             // why nothing can be made of it; empty: something can
  std::vector<std::string> notes;  // what to know of it; safe to print
};

struct FileServers {
  std::vector<FoundServer> servers;
  std::vector<std::string> warnings;
};

inline constexpr std::size_t kMostFound = 500;  // servers of one file

// What `text`, the file's content, names. `folder`: what paths of a project are relative to. A server that cannot be read has a problem; it
// does not spoil the others. Errors: invalid_argument (the file is no JSON or TOML), too_large.
mcp::Result<FileServers> parse_client_servers(const ClientFile& file, std::string_view text, const Environment& environment,
                                              const std::string& folder);

}  // namespace app
