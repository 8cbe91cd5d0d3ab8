// What a tree answers when the operating system, or a root's mode, says no.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "servers/filesystem/tree.h"

namespace servers {

// `path` in single quotes, its control characters and broken UTF-8 made visible, cut when it is very long.
std::string in_quotes(std::string_view path);

// `path` lies outside, or leads there.
Error outside(std::string_view path, const std::vector<std::unique_ptr<Root>>& roots);

// What `number`, an errno, means for whoever asked for `path`.
Error refusal(int number, std::string_view path, const std::vector<std::unique_ptr<Root>>& roots);

// A root in `mode` does not permit to `verb` ("change", "move") `path`.
Error not_in_mode(std::string_view verb, std::string_view path, RootMode mode);

}  // namespace servers
