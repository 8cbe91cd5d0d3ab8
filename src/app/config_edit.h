// A server put into a config's text, which is otherwise left as its owner wrote it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/result.h"

namespace app {

struct NewServer {
  std::string id;
  std::string comment;                                    // one line, without #; empty: none
  std::vector<std::pair<std::string, std::string>> keys;  // each with its value as YAML in one line
};

// `text`, a whole config, with the server behind the others, comments and layout as they were. What comes out has been read again, and says
// what `text` said and the server, and nothing else.
// Errors: invalid_argument (`text` cannot be read), conflict (a server has that id), internal (it is written in a way that cannot be added
// to).
mcp::Result<std::string> with_server(std::string_view text, const NewServer& server);

// The server as it is written under `servers:`.
std::string server_text(const NewServer& server, std::size_t indent);

// Replaces the file at once, or leaves it as it is; what was there is kept as `<file>.bak`, unless `file` is new. A file keeps its
// permissions, a new one gets 0600; a symbolic link stays one. Errors: unavailable, with the reason.
mcp::Result<> replace_file(const std::string& file, std::string_view text);

}  // namespace app
