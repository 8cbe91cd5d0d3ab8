// The built-in server `filesystem`: the files below its roots, under the tool names of npm's server-filesystem.
#pragma once

#include <memory>

#include "servers/builtin.h"

namespace servers {

// Tools that change something are there only when a root permits it. All tools run on worker threads.
// Errors: as Tree::open.
Result<std::unique_ptr<Builtin>> make_filesystem(const BuiltinOptions& options);

}  // namespace servers
