// The built-in server `vault`: an Obsidian vault, as tools and resources.
#pragma once

#include <memory>

#include "servers/builtin.h"

namespace servers {

// It writes when its root's mode permits: create and append are there then, and nothing else that changes. Notes are resources
// `vault:///<path>`; changes of them are told to clients that listen. Errors: as Tree::open, and invalid_argument unless there is exactly
// one root.
Result<std::unique_ptr<Builtin>> make_vault(const BuiltinOptions& options);

}  // namespace servers
