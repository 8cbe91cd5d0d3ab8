// The clients whose configs are read, and where each keeps its servers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/reader.h"

namespace app {

enum class ClientKind { claude_desktop, claude_code, cursor, vscode, windsurf, zed, codex };

// How a file of theirs is written.
enum class ClientFormat { json, toml };

struct ClientShape {
  ClientKind kind;
  std::string_view name;   // at the command line: `claude-desktop`
  std::string_view title;  // for people
  ClientFormat format;
};

const ClientShape& shape_of(ClientKind kind);
// By its name at the command line.
std::optional<ClientKind> find_client(std::string_view name);
// All of their names.
std::vector<std::string> client_names();

// A file that may have servers of a client.
struct ClientFile {
  // own: of the user, for all that they do; project: of one folder, often shared with others.
  enum class Reach { own, project };
  ClientKind kind = ClientKind::claude_desktop;
  std::string file;
  Reach reach = Reach::own;
  std::vector<std::string> path;  // to the object that has the servers: {"mcp", "servers"}
  bool ignored = false;           // the client does not look for servers there
};

// The files that are there: below the home folder, $XDG_CONFIG_HOME and $CODEX_HOME, and of the project in `folder`.
std::vector<ClientFile> find_client_files(const Environment& environment, const std::string& folder);

// What `file`, named by a person, is: by its name, and by what `text` has. Nothing where it is none of them.
std::optional<ClientFile> tell_client_file(const std::string& file, std::string_view text);

}  // namespace app
