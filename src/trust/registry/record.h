// What the MCP registry says of a server (registry API v0.1, ServerResponse and server.json).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace trust {

// A value that a server is started with: an environment variable, a header or an argument.
struct RegistryInput {
  enum class Kind : std::uint8_t { variable, positional, named };
  Kind kind = Kind::variable;
  std::string name;   // of a variable or a header, or a flag with its dashes; of a positional argument what it stands for, or empty
  std::string value;  // fixed, or the default; empty: whoever starts it must say. May hold {names} that are to be replaced
  std::string description;
  bool required = false;
  bool secret = false;
  bool fixed = false;  // `value` may not be chosen
};

struct RegistryPackage {
  std::string type;  // npm, pypi, oci, nuget, mcpb, …
  std::string base_url;
  std::string identifier;
  std::string version;
  std::string sha256;     // of the file, where it was published
  std::string transport;  // stdio, streamable-http or sse
  std::vector<RegistryInput> runtime_arguments, package_arguments, environment;
};

struct RegistryRemote {
  std::string type;  // streamable-http or sse
  std::string url;
  std::vector<RegistryInput> headers;
};

// Owns: all of it. Texts are as they came and may hold anything printable; no control characters.
struct RegistryServer {
  enum class Status : std::uint8_t { active, deprecated, deleted };
  std::string name;  // owner/name, in reverse-DNS form
  std::string title, description, version;
  std::string repository, website;
  Status status = Status::active;
  std::string status_message;
  std::string published_at, updated_at;
  bool latest = false;
  std::vector<RegistryPackage> packages;
  std::vector<RegistryRemote> remotes;
  std::string digest;  // SHA-256 of the server's description, keys sorted, in hex: another one is another description
};

std::string_view status_name(RegistryServer::Status status);

struct RegistryPage {
  std::vector<RegistryServer> servers;
  std::size_t refused = 0;  // entries that are no description of a server
  std::string next_cursor;  // empty: the last page
};

// Whether `text` is a name of a server as the registry has them: letters, digits, `.` and `-`, one `/`, and the same with `_`; 3 to 200
// bytes.
bool is_server_name(std::string_view text);

// Reads one entry, or a page of them. Unknown members are passed over; a text with control characters, an unknown status or a missing name
// or version refuses the entry: what cannot be understood must not be taken for good. Errors: invalid_argument, with the member.
mcp::Result<RegistryServer> parse_registry_server(std::string_view json);
mcp::Result<RegistryPage> parse_registry_page(std::string_view json);

}  // namespace trust
