// Public names: what callers of the aggregate call a tool or a prompt.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

// A tool or prompt as its upstream has it (or as the config renamed it).
struct RealName {
  std::string_view server;
  std::string_view name;
};

// The public name of each, in order: `<server>__<name>` of [A-Za-z0-9_-], at most `limit` bytes, all different.
// What has other characters gets `_` for each of their bytes. What is too long, or would be called like another, gets a readable
// head and `_` and 6 characters of a hash over the real name. Of several that want one name, the one that spells it so without
// any change keeps it; so a name never depends on the order, and a stranger cannot take the name of a well-behaved tool.
// `limit` is at least 34: the longest server id, the separator and the hash.
std::vector<std::string> public_names(std::span<const RealName> names, std::size_t limit);

// The server id in front of the first `__` of a public name, or empty.
std::string_view server_of(std::string_view public_name);

}  // namespace gateway
