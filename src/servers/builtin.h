// The built-in servers: one list of names, one way to make each.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "base/secret.h"
#include "mcp/result.h"
#include "mcp/server.h"
#include "net/proxy.h"
#include "servers/filesystem/tree.h"

namespace servers {

// A built-in server: the mcp::Server, and what its handlers work on.
// Owns: both, and threads of its own where it has some; destroying it ends them.
// Threads: as mcp::Server. Destroy it only when no call of it is running any more.
class Builtin {
 public:
  virtual ~Builtin() = default;
  virtual mcp::Server& server() = 0;

  // A webhook that came for it. `header` gives a header's value by its name in lower case, or nothing; both are good for the call.
  struct HookRequest {
    std::function<std::string_view(std::string_view name)> header;
    std::string_view body;
  };
  struct HookAnswer {
    int status = 404;
    std::string text = "this server takes no webhooks";
  };
  // Any thread; does not block.
  virtual HookAnswer hook(const HookRequest& request) {
    (void)request;
    return {};
  }
};

// What a built-in server is made from. Each takes what it understands, and refuses what it needs and does not get.
struct BuiltinOptions {
  std::string version = "0.1.0";   // what it says about itself
  std::vector<RootOptions> roots;  // filesystem: one or more; vault: exactly one
  TreeLimits limits;
  // The others: what is their own, as one JSON object, credentials among it; what may stand in it is said where each reads it. Empty: {}.
  base::Secret<std::string> own;
  // How the APIs are reached.
  net::ProxyRules proxies;
  // The loop on which handlers run; null: that of mcp::run.
  base::Loop* loop = nullptr;
};

// All names, in the order in which they are shown.
std::vector<std::string_view> builtin_names();

// Makes the built-in server `name`.
// Errors: invalid_argument (an unknown name: the message lists the known ones; roots that are missing or cannot be opened; settings that
// make no sense).
Result<std::unique_ptr<Builtin>> make_builtin(std::string_view name, const BuiltinOptions& options);

// What make_builtin() would warn of with these options, without beginning anything. Errors: the same.
Result<std::vector<std::string>> check_builtin(std::string_view name, const BuiltinOptions& options);

}  // namespace servers
