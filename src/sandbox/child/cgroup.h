// Control groups, version 2: where this process was given a part of the tree to use, each confined child gets a group of its own there.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "sandbox/child/plan.h"

namespace sandbox::child {

// The folder of the group in which this process is, where it may make others: mounted, writable, with memory and pids to give. `root`
// stands before every path, for tests. Nothing where there is none.
std::optional<std::string> find_delegated(const std::string& root = "");

// Makes `folder` fit for groups of children: a group that has some may hold no process itself, so this one moves to `<folder>/gateway`.
// Errors: unavailable, which names the file.
Result<> prepare_group(const std::string& folder);

// Makes a group for the process and puts it in. Gives its folder. Errors: unavailable; nothing is left behind then.
Result<std::string> enter_group(const std::string& folder, pid_t pid, const Ceilings& ceilings);

// Where enter_group() puts it.
std::string group_of(const std::string& folder, pid_t pid);

// Ends what is left in the group, and the group. Errors: none.
void end_group(const std::string& group);

}  // namespace sandbox::child
