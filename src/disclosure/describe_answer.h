// What describe_tools answers: the declarations of some tools.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "disclosure/code_names.h"
#include "disclosure/declaration.h"
#include "disclosure/tool.h"

namespace disclosure {

// More names than this are not answered in one go.
inline constexpr std::size_t kMostDescribed = 10;

// The tools that a caller may know of.
struct Describable {
  // The tool that the caller means by a name, if there is one that it may know of: a public name, or `server.tool` as in code. The
  // views must be good until describe_answer returns.
  std::function<std::optional<ToolView>(std::string_view name)> find;
  // The names that the nearest ones are looked for among; only asked for when a name is unknown.
  std::function<std::span<const std::string_view>()> known;
  // What tools are called in code; null: code_name() of each.
  const CodeNames* code_names = nullptr;
};

// One TypeScript text: a namespace for each server, with the types and functions of its tools. Below it a comment line for each name that
// is unknown, with the three nearest, and one for what is behind kMostDescribed. A tool that is asked for twice is described once. Where
// the name in code is not how the tool is called outside, the tag @name says its public name.
std::string describe_answer(std::span<const std::string> names, const Describable& tools, const DeclarationLimits& limits = {});

// The line for an unknown name: `There is no tool 'x'. Nearest: 'a', 'b'.`, or a hint to search when nothing is near.
std::string unknown_tool_text(std::string_view name, std::span<const std::string_view> known);

}  // namespace disclosure
