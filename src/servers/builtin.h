// The built-in servers: one list of names, one way to make each.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"
#include "mcp/server.h"
#include "servers/filesystem/tree.h"

namespace servers {

// A built-in server: the mcp::Server, and what its handlers work on.
// Owns: both, and threads of its own where it has some; destroying it ends them.
// Threads: as mcp::Server. Destroy it only when no call of it is running any more.
class Builtin {
 public:
  virtual ~Builtin() = default;
  virtual mcp::Server& server() = 0;
};

// What a built-in server is made from. Each takes what it understands, and refuses what it needs and does not get.
struct BuiltinOptions {
  std::string version = "0.1.0";   // what it says about itself
  std::vector<RootOptions> roots;  // filesystem: one or more; vault: exactly one
  TreeLimits limits;
};

// All names, in the order in which they are shown.
std::vector<std::string_view> builtin_names();

// Makes the built-in server `name`.
// Errors: invalid_argument (an unknown name: the message lists the known ones; roots that are missing or cannot be opened),
// unavailable (a built-in that a later version brings).
Result<std::unique_ptr<Builtin>> make_builtin(std::string_view name, const BuiltinOptions& options);

}  // namespace servers
